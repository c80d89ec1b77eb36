package handling

import (
	"fmt"
	"math"
	"strings"

	"chancery/habilitation"
)

// anyone stands for whoever is entitled: who that is, the deciding methods know.
const anyone habilitation.AgentID = math.MaxUint32

// Check tells whether Apply would take the act now from whoever is entitled to it, and changes nothing.
func (m *Matters) Check(act habilitation.Act) error {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if err := m.state.check(anyone, act); err != nil {
		return fmt.Errorf("check %s: %w", act.Kind(), err)
	}
	return nil
}

func (s *state) check(by habilitation.AgentID, act habilitation.Act) error {
	switch act := act.(type) {
	case AlertAcknowledged:
		return s.checkRinging(act.Alert)
	case AlertEscalated:
		return s.checkEscalated(act)
	case TraySettled:
		return s.checkSettled(act)
	}
	if !Acts.Owns(act) {
		return habilitation.ErrUnknownKind
	}
	message, audience := placeOf(act)
	one := s.by[message]
	if one == nil {
		return contradiction("message %s is unknown", message)
	}
	switch act := act.(type) {
	case AddresseeAdded:
		return checkAdded(one, act)
	case Shared:
		if act.Audience == 0 || one.share(audience) >= 0 || one.line(audience) != nil {
			return contradiction("audience %d has message %s", audience, message)
		}
		return nil
	case ShareRevoked:
		if one.share(audience) < 0 {
			return contradiction("message %s is not shared with audience %d", message, audience)
		}
		return nil
	case TrayLaid:
		if act.Desk == 0 || !known(whyNames, act.Why) || s.tray[ItemOf(message, 0, act.Why)] != nil {
			return contradiction("message %s on the operator desk %d", message, act.Desk)
		}
		return nil
	case SilenceBroken:
		return checkSilence(one, act.Reason != "")
	case SilenceEnded:
		return checkSilence(one, act.Adopted == (one.silence != nil && len(one.silence.Broken) == 0))
	}
	return s.checkLine(by, act, one.line(audience))
}

// checkLine is check for the acts that move one line.
func (s *state) checkLine(by habilitation.AgentID, act habilitation.Act, l *Line) error {
	if l == nil {
		return contradiction("not an addressee")
	}
	if _, reading := act.(WasRead); reading {
		if l.Details().Reader.By != 0 {
			return contradiction("read already")
		}
		return nil
	}
	if l.State.Ended() {
		return contradiction("ended as %s", l.State)
	}
	entrusted := l.Details().Entrusted
	switch act := act.(type) {
	case WasTaken:
		if l.Holder != 0 {
			return contradiction("agent %d holds it", l.Holder)
		}
	case Assigned:
		if act.To == 0 || act.To == l.Holder || act.To == by {
			return contradiction("entrusted to agent %d", act.To)
		}
	case Accepted:
		return checkEntrusted(by, entrusted, "accepted")
	case Declined:
		return checkEntrusted(by, entrusted, act.Reason)
	case WasClosed:
		return checkReason(act.Reason)
	case WasReassigned:
		if act.To == 0 || act.To == act.Audience {
			return contradiction("reassigned to audience %d", act.To)
		}
		return checkReason(act.Reason)
	case WasMisaddressed:
		return checkReason(act.Reason)
	case AlertRaised:
		if s.alerts[act.Alert] != nil || !l.Details().Alert.IsZero() || act.Alert.IsZero() || act.Minutes < 1 {
			return contradiction("alert %s", act.Alert)
		}
	}
	return nil
}

func checkAdded(one *matter, act AddresseeAdded) error {
	if act.Audience == 0 || one.line(act.Audience) != nil {
		return contradiction("audience %d is an addressee", act.Audience)
	}
	if !known(roleNames, act.Role) || !known(askedNames, act.Asked) || !known(groundNames, act.Ground) {
		return contradiction("role, qualification or ground missing")
	}
	return checkReason(act.Reason)
}

func checkSilence(one *matter, fits bool) error {
	if one.silence == nil || !one.silence.Ended.IsZero() || !fits {
		return contradiction("no silence procedure runs, or it ends otherwise")
	}
	return nil
}

func checkEntrusted(by habilitation.AgentID, entrusted *Entrusted, reason string) error {
	if entrusted == nil || by != anyone && entrusted.To != by {
		return contradiction("nothing is entrusted to agent %d", by)
	}
	return checkReason(reason)
}

func checkReason(reason string) error {
	if strings.TrimSpace(reason) == "" {
		return contradiction("reason missing")
	}
	return nil
}

func (s *state) checkRinging(id habilitation.ID) error {
	if _, rings := s.ringing[id]; !rings {
		return contradiction("alert %s does not ring", id)
	}
	return nil
}

func (s *state) checkEscalated(act AlertEscalated) error {
	if err := s.checkRinging(act.Alert); err != nil {
		return err
	}
	if a := s.alerts[act.Alert]; act.Place != a.Place+1 || act.Place > len(a.Watch) {
		return contradiction("alert %s goes from place %d to %d of %d", act.Alert, a.Place, act.Place, len(a.Watch))
	}
	return nil
}

func (s *state) checkSettled(act TraySettled) error {
	if s.tray[act.Item] == nil {
		return contradiction("%s is not on the operator desk", act.Item)
	}
	if act.To != 0 && !known(roleNames, act.Role) {
		return contradiction("no role for audience %d", act.To)
	}
	return checkReason(act.Reason)
}
