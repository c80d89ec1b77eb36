package fiction

import (
	"chancery/habilitation"
	"chancery/tagging"
)

// population lists the acts that people a new house, numbering agents, audiences and tags as it goes.
type population struct {
	acts      []habilitation.Act
	agents    map[string]habilitation.AgentID    // by login
	audiences map[string]habilitation.AudienceID // by key
	tags      map[string]habilitation.TagID      // by key

	// What the first of each is numbered; 1 in a new house.
	firstAgent    habilitation.AgentID
	firstAudience habilitation.AudienceID
	firstTag      habilitation.TagID
}

func newPopulation() *population {
	return &population{firstAgent: 1, firstAudience: 1, firstTag: 1, agents: map[string]habilitation.AgentID{}, audiences: map[string]habilitation.AudienceID{}, tags: map[string]habilitation.TagID{}}
}

func (p *population) add(act habilitation.Act) { p.acts = append(p.acts, act) }

func (p *population) agent(act habilitation.AgentAdded) habilitation.AgentID {
	act.Agent = p.firstAgent + habilitation.AgentID(len(p.agents))
	p.agents[act.Login] = act.Agent
	p.add(act)
	return act.Agent
}

func (p *population) audience(act habilitation.AudienceCreated) habilitation.AudienceID {
	act.Audience = p.firstAudience + habilitation.AudienceID(len(p.audiences))
	p.audiences[act.Key] = act.Audience
	p.add(act)
	return act.Audience
}

func (p *population) tag(act tagging.TagCreated) habilitation.TagID {
	act.Tag = p.firstTag + habilitation.TagID(len(p.tags))
	p.tags[act.Key] = act.Tag
	p.add(act)
	return act.Tag
}
