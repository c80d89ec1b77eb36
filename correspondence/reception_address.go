package correspondence

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"chancery/correspondence/postal"
	"chancery/habilitation"
)

// address finds whom the mail is for with the register as it is now, and what it answers. What is for nobody falls on the operator desk, and so
// does what nobody can read.
func (c *Chancery) address(r *release) {
	m := *r.imported
	reception := *m.Reception
	m.Reception, reception.Unknown = &reception, nil
	m.Addressees, m.Agents, m.References, m.InReplyTo = nil, nil, nil, Reference{}
	seen := map[string]bool{}
	for _, to := range r.arrival.recipients(c.MailDomain) {
		switch audience, agent := c.recipient(to.local); {
		case audience.ID != 0 && !seen[audience.Key]:
			seen[audience.Key] = true
			m.Addressees = append(m.Addressees, Addressee{Party: partyOf(audience), Role: to.role, Qualification: to.qualification()})
		case agent.ID != 0 && !seen["@"+agent.Login]:
			seen["@"+agent.Login] = true
			m.Agents = append(m.Agents, Person{Agent: agent.ID, Login: agent.Login, Name: OneLine(agent.Name)})
		case audience.ID == 0 && agent.ID == 0 && to.certain:
			reception.Unknown = append(reception.Unknown, cutRunes(OneLine(to.local+"@"+c.MailDomain), 200))
		}
	}
	slices.SortStableFunc(m.Addressees, func(a, b Addressee) int { return cmp.Compare(a.Role, b.Role) })
	c.joinThread(&m, r.arrival.mail)
	r.message, r.outcome = &m, Outcome{}
	if len(reception.Unknown) > 0 || slices.ContainsFunc(reception.Flaws, postal.Flaw.IsUnread) || len(m.Addressees)+len(m.Agents) == 0 {
		r.outcome.OperatorDesk = c.Folds.Register.OperatorDesk()
	}
}

func partyOf(a habilitation.Audience) Party {
	return Party{Audience: a.ID, Key: a.Key, Timbre: a.Timbre, Name: OneLine(a.Name.In("fr"))}
}

// mailRecipient is one address of our domain.
type mailRecipient struct {
	local   string
	role    Role
	certain bool // the mail is for it, whether it exists or not
}

func (r mailRecipient) qualification() Qualification {
	if r.role == Action {
		return ToRead
	}
	return ForInformation
}

// recipients are the addresses of the house that the mail is for. Over a line the envelope says so, and the header on which line each stands; a
// mail out of a file has only its header, and those that the import names.
func (a *inbound) recipients(domain string) (all []mailRecipient) {
	roles := map[string]Role{}
	for role, list := range map[Role][]postal.Address{Info: a.mail.Cc, Action: a.mail.To} {
		for _, one := range list {
			if local, ours := localOf(one.Address, domain); ours && (roles[local] == 0 || role == Action) {
				roles[local] = role
			}
		}
	}
	if a.over == OverLine {
		for _, to := range a.item.Envelope.To {
			local, _ := localOf(to, domain)
			all = append(all, mailRecipient{local: local, role: cmp.Or(roles[local], Info), certain: true})
		}
		return all
	}
	for _, key := range a.named {
		all = append(all, mailRecipient{local: key, role: Action})
	}
	for _, local := range slices.Sorted(maps.Keys(roles)) {
		all = append(all, mailRecipient{local: local, role: roles[local]})
	}
	return all
}

// localOf is the name before the house's domain, in small letters and without what follows a plus sign.
func localOf(address, domain string) (local string, ours bool) {
	at := strings.LastIndexByte(address, '@')
	if at < 0 || !strings.EqualFold(strings.TrimSuffix(address[at+1:], "."), domain) {
		return "", false
	}
	local, _, _ = strings.Cut(strings.ToLower(strings.Trim(address[:at], `"`)), "+")
	return local, true
}

// recipient is who has a name in the house: a group by its key or its timbre, a community by its key, an agent by the login.
func (c *Chancery) recipient(local string) (habilitation.Audience, habilitation.Agent) {
	if audience, ok := c.Folds.Register.AudienceByKey(local); ok {
		return audience, habilitation.Agent{}
	}
	if audience, ok := c.Folds.Register.AudienceByTimbre(strings.ToUpper(strings.NewReplacer(".", " ", "_", " ").Replace(local))); ok {
		return audience, habilitation.Agent{}
	}
	if agent, ok := c.Folds.Register.AgentByLogin(local); ok && !agent.Disabled {
		return habilitation.Audience{}, agent
	}
	return habilitation.Audience{}, habilitation.Agent{}
}
