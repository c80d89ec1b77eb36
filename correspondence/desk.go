package correspondence

import (
	"context"
	"errors"
	"fmt"
	"time"

	"chancery/archive"
	"chancery/habilitation"
	"chancery/search"
)

// Pass is what an agent gets for signing in.
type Pass struct {
	AccessToken  string             `json:"access_token"`
	RefreshToken string             `json:"refresh_token,omitempty"` // none after a step-up: the one that the client has goes on
	ExpiresIn    int                `json:"expires_in"`              // seconds
	Level        habilitation.Level `json:"level"`                   // of the session: min(agent, terminal)
}

func passOf(s habilitation.Session) Pass {
	return Pass{AccessToken: s.Access, RefreshToken: s.Refresh, ExpiresIn: int(s.ExpiresIn / time.Second), Level: s.Level}
}

// SignIn gives a pass for a login and its password, on the terminal that shows its secret; address throttles guessing.
func (c *Chancery) SignIn(ctx context.Context, login, password, terminal, address string) (Pass, error) {
	session, err := c.Authority.SignIn(ctx, login, password, terminal, habilitation.FromAddress(address))
	if errors.Is(err, habilitation.ErrNotAdmitted) {
		if failed := c.denySignIn(ctx, login, terminal, address, err); failed != nil {
			return Pass{}, failed
		}
	}
	if err != nil {
		return Pass{}, refusalOf(err)
	}
	return passOf(session), nil
}

// RefreshPass gives a new pass for a refresh token, once.
func (c *Chancery) RefreshPass(ctx context.Context, refresh string) (Pass, error) {
	session, err := c.Authority.Refresh(ctx, refresh)
	if err != nil {
		return Pass{}, refusalOf(err)
	}
	return passOf(session), nil
}

// OpenDesk opens the desk of whoever shows the pass.
func (c *Chancery) OpenDesk(ctx context.Context, access string) (*Desk, error) {
	badge, err := c.Authority.Admit(ctx, access)
	if err != nil {
		return nil, refusalOf(err)
	}
	return c.DeskOf(badge), nil
}

// Recognizes reports whether the pass is one of a session that lives, though it may have run out itself. It opens nothing.
func (c *Chancery) Recognizes(ctx context.Context, access string) bool {
	return c.Authority.Recognizes(ctx, access)
}

// DeskOf opens the desk of a badge that the house's authority minted.
func (c *Chancery) DeskOf(badge habilitation.Badge) *Desk {
	c.visits.Add(1)
	return &Desk{house: c, badge: badge}
}

// Desk is all that an agent can do. Every method is allowed or refused by the badge it was opened with; none lets anything through that
// the reading rule does not admit.
type Desk struct {
	house *Chancery
	badge habilitation.Badge
}

// SignOut ends the session, on every terminal that holds one of its passes, and its streams.
func (d *Desk) SignOut(ctx context.Context) error {
	if err := d.house.Authority.SignOut(ctx, d.badge); err != nil {
		return refusalOf(err)
	}
	d.house.arrived.announce()
	return nil
}

// Agent is whose desk it is.
func (d *Desk) Agent() habilitation.AgentID { return d.badge.Agent() }

// Session identifies the sign-in that the desk was opened in: pages bind their forms to it.
func (d *Desk) Session() habilitation.ID { return d.badge.Session() }

// admit is the one question about a message: its row, if it exists and the perimeter admits it as it is marked now. Anything else is one answer.
func (d *Desk) admit(id habilitation.ID) (search.Row, error) {
	row, ok := d.house.Folds.Rows.Row(id)
	if !ok || !d.badge.Perimeter().Admits(&row.Marking) {
		return search.Row{}, errUnknown
	}
	return row, nil
}

// open is the one way to the bytes: the row as it is now, the rule, the reading recorded, then the entry.
func (d *Desk) open(ctx context.Context, id habilitation.ID, how string) (search.Row, archive.Entry, *Dispatch, error) {
	row, err := d.admit(id)
	if err != nil {
		return row, archive.Entry{}, nil, err
	}
	if err := d.record(ctx, row, how); err != nil {
		return row, archive.Entry{}, nil, err
	}
	entry, err := d.house.Journal.Fetch(ctx, archive.Seq(row.Seq))
	if errors.Is(err, archive.ErrErased) {
		return row, archive.Entry{}, nil, errUnknown
	}
	if err != nil {
		return row, archive.Entry{}, nil, fmt.Errorf("open message %s: %w", id, err)
	}
	message, err := decodeDispatch(entry)
	return row, entry, message, err
}

// record writes the reading of a restricted message into the journal of readings, before anything is shown; without it nothing is.
func (d *Desk) record(ctx context.Context, row search.Row, how string) error {
	if row.Marking.Level() != habilitation.Restricted {
		return nil
	}
	payload, err := encodeReading(reading{Message: row.ID, Terminal: d.badge.Terminal(), Session: d.badge.Session(), How: how})
	if err != nil {
		return err
	}
	return d.noteReading(ctx, kindOpened, readingVersion, payload)
}

// noteReading appends to the journal of readings, in the reader's name.
func (d *Desk) noteReading(ctx context.Context, kind string, version uint8, payload []byte) error {
	main, err := d.house.Journal.Head(ctx)
	if err != nil {
		return fmt.Errorf("record reading: %w", err)
	}
	draft := archive.Draft{ID: d.house.NewID(payload), Kind: kind, Version: version, Actor: d.badge.Agent(), Level: habilitation.Restricted,
		Time: d.house.Clock(), Payload: payload, Cites: main}
	if _, err := d.house.Readings.Append(ctx, archive.AnyHead, []archive.Draft{draft}); errors.Is(err, archive.ErrStopped) {
		return d.house.fail(fmt.Errorf("record reading: %w", err))
	} else if err != nil {
		return fmt.Errorf("record reading: %w", err)
	}
	return nil
}
