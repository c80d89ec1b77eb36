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
}

func newPopulation() *population {
	return &population{agents: map[string]habilitation.AgentID{}, audiences: map[string]habilitation.AudienceID{}, tags: map[string]habilitation.TagID{}}
}

func (p *population) add(act habilitation.Act) { p.acts = append(p.acts, act) }

func (p *population) agent(act habilitation.AgentAdded) habilitation.AgentID {
	act.Agent = habilitation.AgentID(len(p.agents) + 1)
	p.agents[act.Login] = act.Agent
	p.add(act)
	return act.Agent
}

func (p *population) audience(act habilitation.AudienceCreated) habilitation.AudienceID {
	act.Audience = habilitation.AudienceID(len(p.audiences) + 1)
	p.audiences[act.Key] = act.Audience
	p.add(act)
	return act.Audience
}

func (p *population) tag(act tagging.TagCreated) habilitation.TagID {
	act.Tag = habilitation.TagID(len(p.tags) + 1)
	p.tags[act.Key] = act.Tag
	p.add(act)
	return act.Tag
}
