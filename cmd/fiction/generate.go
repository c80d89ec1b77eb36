package fiction

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"

	"chancery/correspondence"
	"chancery/habilitation"
	"chancery/tagging"
)

// Size says how large a generated house is, and Seed which one: the same size and seed always give the same people, groups, tags and texts.
type Size struct {
	Agents      int `validate:"min=1,max=1000000"`
	Groups      int `validate:"min=1,max=100000"`
	Communities int `validate:"min=0,max=100000"`
	Tags        int `validate:"min=1,max=1000000"`
	Messages    int `validate:"min=0"`
	Seed        uint64
	Secret      string // of the generated terminal; "": random
}

// ErrOtherSeed is returned for a house that was filled from another seed.
var ErrOtherSeed = errors.New("the house was filled from another seed")

// Generated is a house made from a seed.
type Generated struct {
	Size
	house      *correspondence.Chancery
	authority  *habilitation.Authority
	lexicons   map[string]lexicon
	signatures [][]string      // by group, in the order of their making: logins of those who sign
	restricted habilitation.ID // terminal on which the generated agents read and write restricted messages
}

// Everything that is generated bears keys that begin with these, so that it is told from what was there before.
const (
	agentPrefix     = "agent"
	groupPrefix     = "groupe"
	communityPrefix = "cercle"
	tagPrefix       = "sujet"
)

// drawFor is a source of randomness for one purpose, so that what is drawn for one thing does not depend on how much was drawn for another.
func (s Size) drawFor(purpose string, number int) *rand.Rand {
	var seed [16]byte
	binary.BigEndian.PutUint64(seed[:], s.Seed)
	binary.BigEndian.PutUint64(seed[8:], uint64(number))
	return rand.New(rand.NewChaCha8(sha256.Sum256(append(seed[:], purpose...))))
}

// id is the identity of a generated thing.
func (s Size) id(purpose string, number int) habilitation.ID {
	sum := sha256.Sum256(fmt.Appendf(nil, "chancery generated %d %s %d", s.Seed, purpose, number))
	return habilitation.ID(sum[:16])
}

// actsAtOnce is how many acts are enacted in one durable write.
const actsAtOnce = 20_000

// Populate adds the people, groups, communities, tags and declarations of the seed, unless they are there. progress is told how many of
// the acts are in the journal.
func Populate(ctx context.Context, house *correspondence.Chancery, authority *habilitation.Authority, size Size, progress func(done, total int)) (*Generated, error) {
	g := &Generated{Size: size, house: house, authority: authority, restricted: size.id("terminal", 0),
		lexicons: map[string]lexicon{"fr": newLexicon(frenchWords, size.drawFor("fr", 0)), "en": newLexicon(englishWords, size.drawFor("en", 0))}}
	acts := g.acts(house.Folds)
	if terminal, there := house.Folds.Register.Terminal(g.restricted); there && !terminal.Withdrawn {
		g.Secret = "" // it was told when the terminal was made
		return g, nil
	}
	if _, there := house.Folds.Register.AgentByLogin(login(1)); there {
		return nil, ErrOtherSeed
	}
	for start := 0; start < len(acts); start += actsAtOnce {
		end := min(start+actsAtOnce, len(acts))
		if err := house.Enact(ctx, 0, acts[start:end]...); err != nil {
			return nil, fmt.Errorf("populate the house: %w", err)
		}
		progress(end, len(acts))
	}
	return g, nil
}

// acts lists everything the seed makes, numbered after what the house has.
func (g *Generated) acts(folds *correspondence.Folds) []habilitation.Act {
	p := newPopulation()
	var hash []byte
	if g.Secret == "" {
		g.Secret, hash = habilitation.NewTerminalSecret()
	} else {
		sum := sha256.Sum256([]byte(g.Secret))
		hash = sum[:]
	}
	p.firstAgent, p.firstAudience, p.firstTag = folds.Register.NextAgent(), folds.Register.NextAudience(), folds.Thesaurus.Next()
	p.add(habilitation.TerminalRegistered{Terminal: g.restricted, Name: "Poste des personnes inventées", Level: habilitation.Restricted, SecretHash: hash})
	g.agents(p)
	g.groups(p)
	g.communities(p)
	g.tags(p)
	return p.acts
}

// SeedSecret is a secret for the generated terminal that is made of the seed: for trials only, as whoever knows the seed knows it.
func (s Size) SeedSecret() string {
	return s.id("terminal secret", 0).String() + s.id("terminal secret", 1).String()
}

// login is the login of a generated agent, numbered from 1.
func login(number int) string { return fmt.Sprintf("%s%05d", agentPrefix, number) }

func key(prefix string, number int) string { return fmt.Sprintf("%s-%04d", prefix, number) }

func (g *Generated) agents(p *population) {
	first := strings.Fields(firstNames)
	for i := 1; i <= g.Agents; i++ {
		draw := g.drawFor("agent", i)
		act := habilitation.AgentAdded{Login: login(i), Name: first[draw.IntN(len(first))] + " " + title(draw), Title: "Rédacteur", Level: habilitation.Unprotected}
		if draw.IntN(10) < 6 {
			act.Level = habilitation.Restricted
		}
		if i == 1 {
			act.Title, act.Level, act.Functions = "Archiviste", habilitation.Restricted, []habilitation.Function{habilitation.Archivist}
		}
		p.agent(act)
	}
}

// groups makes ministries, then directorates and posts under them. Every group has a number two and others who sign, all cleared.
func (g *Generated) groups(p *population) {
	sorts := [...]struct{ sort, fr, en string }{{"embassy", "Ambassade à %s", "Embassy in %s"}, {"directorate", "Direction de %s", "Directorate for %s"},
		{"consulate", "Consulat à %s", "Consulate in %s"}, {"service", "Service de %s", "Service for %s"}, {"mission", "Mission à %s", "Mission to %s"}}
	ministries := max(1, g.Groups/40)
	for i := 1; i <= g.Groups; i++ {
		draw := g.drawFor("group", i)
		name := title(draw)
		act := habilitation.AudienceCreated{Key: key(groupPrefix, i), Timbre: fmt.Sprintf("%s-%s", strings.ToUpper(name), letters(i)), Level: habilitation.Restricted}
		if i <= ministries {
			act.Sort, act.Name = "ministry", habilitation.Label{FR: "Ministère de " + name, EN: "Ministry of " + name}
		} else {
			s := sorts[draw.IntN(len(sorts))]
			act.Sort, act.Name = s.sort, habilitation.Label{FR: fmt.Sprintf(s.fr, name), EN: fmt.Sprintf(s.en, name)}
			act.Parent = p.audiences[key(groupPrefix, 1+draw.IntN(ministries))]
			if draw.IntN(10) == 0 {
				act.Level = habilitation.Unprotected
			}
		}
		p.audience(act)
		g.signatures = append(g.signatures, g.members(p, act.Key, draw, 2*g.Agents/g.Groups, habilitation.NumberTwo))
	}
}

// letters writes a number in capital letters, so that a timbre never ends in a figure: its numbers would then be misread.
func letters(n int) string {
	var out []byte
	for ; n > 0; n /= 26 {
		out = append(out, byte('A'+n%26))
	}
	return string(out)
}

// members gives an audience about so many members; the first has the duty of deciding, and the first few sign.
func (g *Generated) members(p *population, audience string, draw *rand.Rand, about int, decides habilitation.Duty) []string {
	var signing []string
	seen := map[int]bool{}
	for i := range max(2, about/2+draw.IntN(about+1)) {
		number := 1 + draw.IntN(g.Agents)
		if seen[number] {
			continue
		}
		seen[number] = true
		var duties habilitation.Duty
		switch {
		case i == 0 && decides == habilitation.NumberTwo:
			duties = habilitation.NumberTwo | habilitation.Signatory | habilitation.Drafter
		case i == 0:
			duties = decides
		case i < 5 && decides == habilitation.NumberTwo:
			duties = habilitation.Signatory | habilitation.Drafter
		case i%3 == 0 && decides == habilitation.NumberTwo:
			duties = habilitation.Drafter
		}
		if duties.Has(habilitation.Signatory) {
			signing = append(signing, login(number))
		}
		p.add(habilitation.MemberJoined{Audience: p.audiences[audience], Agent: p.agents[login(number)], Duties: duties})
	}
	return signing
}

func (g *Generated) communities(p *population) {
	for i := 1; i <= g.Communities; i++ {
		draw := g.drawFor("community", i)
		name := title(draw)
		act := habilitation.AudienceCreated{Key: key(communityPrefix, i), Community: true, Sort: "community", Level: habilitation.Unprotected,
			Name: habilitation.Label{FR: "Cercle " + name, EN: name + " circle"}}
		if draw.IntN(3) == 0 {
			act.Level = habilitation.Restricted
		}
		p.audience(act)
		g.members(p, act.Key, draw, max(4, g.Agents/60), habilitation.Manager)
	}
}

// tags makes the tags, each declared by a few audiences; every other declaration is for restricted messages too, and approved.
func (g *Generated) tags(p *population) {
	for i := 1; i <= g.Tags; i++ {
		draw := g.drawFor("tag", i)
		name := title(draw)
		id := p.tag(tagging.TagCreated{Key: key(tagPrefix, i), Label: habilitation.Label{FR: name, EN: name}, Steward: p.audiences[key(groupPrefix, 1+draw.IntN(g.Groups))], State: tagging.Active})
		seen := map[habilitation.AudienceID]bool{}
		for n := range draw.IntN(4) {
			audience := p.audiences[key(groupPrefix, 1+draw.IntN(g.Groups))]
			if g.Communities > 0 && draw.IntN(2) == 0 {
				audience = p.audiences[key(communityPrefix, 1+draw.IntN(g.Communities))]
			}
			if seen[audience] {
				continue
			}
			seen[audience] = true
			act := tagging.TagDeclared{Declaration: g.id("declaration", 4*i+n), Tag: id, Audience: audience, Level: habilitation.Unprotected}
			if draw.IntN(2) == 0 {
				act.Level = habilitation.Restricted
				p.add(act)
				p.add(tagging.DeclarationApproved{Declaration: act.Declaration})
				continue
			}
			p.add(act)
		}
	}
}

// SetPassword gives one password to the agents of the logins, all of them when there is none. It is hashed once: the people are invented,
// and one who learns a hash learns no more than that they share it.
func (g *Generated) SetPassword(ctx context.Context, credentials habilitation.Credentials, password string, argon habilitation.Argon, logins []string, progress func(done int)) error {
	phc, err := habilitation.HashPassword(ctx, password, argon)
	if err != nil {
		return err
	}
	if len(logins) == 0 {
		for i := range g.Agents {
			logins = append(logins, login(i+1))
		}
	}
	for i, name := range logins {
		agent, known := g.house.Folds.Register.AgentByLogin(name)
		if !known || !strings.HasPrefix(agent.Login, agentPrefix) {
			return fmt.Errorf("%q is no generated agent", name)
		}
		if err := credentials.SetPassword(ctx, agent.ID, phc); err != nil {
			return fmt.Errorf("set password of %s: %w", name, err)
		}
		progress(i + 1)
	}
	return nil
}
