package fiction

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"time"

	"chancery/cmd/assembly"
	"chancery/correspondence"
	"chancery/habilitation"
	"chancery/tagging"
)

// accountsName is the file in the house's folder that lists the accounts.
const accountsName = "accounts.json"

// Account is what one signs in with, and what one can then do.
type Account struct {
	Login     string                  `json:"login"`
	Name      string                  `json:"name"`
	Title     string                  `json:"title"`
	Password  string                  `json:"password"`
	Terminal  string                  `json:"terminal"` // secret of the agent's terminal; empty: the agent has none that is known
	Functions []habilitation.Function `json:"functions"`
	Duties    map[string]string       `json:"duties"` // by key of the group or community; "" is a reader
	Level     habilitation.Level      `json:"level"`
	// TerminalLevel is the highest level that may be read on the terminal.
	TerminalLevel habilitation.Level `json:"terminal_level"`
}

// Demo is the house of the demonstration.
type Demo struct {
	*assembly.House
	Accounts []Account

	story *story
	clock *Clock
	told  map[string]string // numbers by the name that the story gives a message
}

// daysBefore is how long before the present the house was founded, more than the days that its messages tell of.
const daysBefore = 35

// OpenDemo opens the demonstration in a folder, or makes it there when the folder is empty or missing: a month of invented correspondence,
// an account with a password for everybody. Passwords are hashed as cheaply as can be, because they are thrown away with the house.
func OpenDemo(ctx context.Context, folder string, files fs.FS, now func() time.Time, o assembly.Options) (*Demo, error) {
	d := &Demo{clock: NewClock(now), told: map[string]string{}}
	var err error
	if d.story, err = readStory(files); err != nil {
		return nil, err
	}
	cheapest := habilitation.CheapestArgon
	o.Clock, o.Argon, o.SigningLimit = d.clock.Now, &cheapest, Patience
	if _, err := os.Stat(filepath.Join(folder, accountsName)); err == nil {
		return d, d.goOn(ctx, folder, o)
	}
	return d, d.begin(ctx, folder, o)
}

// goOn opens a demonstration that was made before.
func (d *Demo) goOn(ctx context.Context, folder string, o assembly.Options) error {
	text, err := os.ReadFile(filepath.Join(folder, accountsName))
	if err == nil {
		err = json.Unmarshal(text, &d.Accounts)
	}
	if err != nil {
		return fmt.Errorf("read accounts: %w", err)
	}
	d.House, err = assembly.Open(ctx, folder, o)
	return err
}

// begin makes the house in the past and lets it live up to now.
func (d *Demo) begin(ctx context.Context, folder string, o assembly.Options) (err error) {
	today := d.clock.Now()
	founded := today.AddDate(0, 0, -daysBefore)
	d.clock.Set(founded)
	err = assembly.Init(ctx, folder, assembly.InitOptions{Name: d.story.Groups[0].Name.FR, Domain: "diplomatie.example", MasterKey: o.MasterKey,
		Settings: o.Settings, Clock: d.clock.Now})
	if err != nil {
		return err
	}
	if d.House, err = assembly.Open(ctx, folder, o); err != nil {
		return err
	}
	if err = d.unfold(ctx, folder, today); err != nil {
		err = errors.Join(err, d.Close(), assembly.Remove(folder)) // half a demonstration is none, and all of it was made here
		d.House = nil
	}
	d.clock.Set(time.Time{})
	return err
}

// unfold fills the house with its people and their month.
func (d *Demo) unfold(ctx context.Context, folder string, today time.Time) error {
	if err := d.populate(ctx); err != nil {
		return err
	}
	if err := d.live(ctx, today); err != nil {
		return err
	}
	if err := d.asking(ctx); err != nil {
		return err
	}
	if err := d.mandates(ctx, today); err != nil {
		return err
	}
	return d.writeAccounts(folder)
}

// populate adds everybody, every group and every tag, and sets the passwords.
func (d *Demo) populate(ctx context.Context) error {
	s := d.story
	p := newPopulation()
	for _, a := range s.Agents {
		p.agent(habilitation.AgentAdded{Login: a.Login, Name: a.Name, Title: a.Title, Level: a.Level, Functions: a.Functions})
		account := Account{Login: a.Login, Name: a.Name, Title: a.Title, Password: spoken(nil, 3), Functions: a.Functions, Duties: map[string]string{}, Level: a.Level, TerminalLevel: habilitation.Unprotected}
		if level, err := habilitation.ParseLevel(a.Terminal); err == nil {
			secret, hash := habilitation.NewTerminalSecret()
			account.Terminal, account.TerminalLevel = secret, level
			p.add(habilitation.TerminalRegistered{Terminal: habilitation.NewID(), Name: "Poste de " + a.Name, Level: level, SecretHash: hash})
		}
		d.Accounts = append(d.Accounts, account)
	}
	if err := d.audiences(p); err != nil {
		return err
	}
	if err := d.tags(p); err != nil {
		return err
	}
	if err := d.Chancery.Enact(ctx, 0, p.acts...); err != nil {
		return fmt.Errorf("populate the house: %w", err)
	}
	for i, account := range d.Accounts {
		if err := d.Authority.SetPassword(ctx, habilitation.AgentID(i+1), account.Password); err != nil {
			return err
		}
	}
	return nil
}

func (d *Demo) audiences(p *population) error {
	place := map[string]int{}
	for i, a := range d.Accounts {
		place[a.Login] = i
	}
	for i, list := range [][]storyAudience{d.story.Groups, d.story.Communities} {
		for _, a := range list {
			p.audience(habilitation.AudienceCreated{Key: a.Key, Community: i == 1, Sort: a.Sort, Name: a.Name, Timbre: a.Timbre, Parent: p.audiences[a.Parent], Level: a.Level})
			for _, m := range a.Members {
				var duty habilitation.Duty
				if err := readDuties(m.Duties, &duty); err != nil {
					return fmt.Errorf("duties of %s in %s: %w", m.Login, a.Key, err)
				}
				p.add(habilitation.MemberJoined{Audience: p.audiences[a.Key], Agent: p.agents[m.Login], Duties: duty})
				d.Accounts[place[m.Login]].Duties[a.Key] = duty.String()
			}
		}
	}
	return nil
}

func readDuties(names []string, duty *habilitation.Duty) error {
	for _, name := range names {
		var one habilitation.Duty
		if err := one.UnmarshalText([]byte(strings.ReplaceAll(name, "_", " "))); err != nil {
			return err
		}
		*duty |= one
	}
	return nil
}

// tags creates the tags and has them declared. Of the declarations for restricted messages one in ten still waits for its steward.
func (d *Demo) tags(p *population) error {
	for _, t := range d.story.Tags {
		p.tag(tagging.TagCreated{Key: t.Key, Label: t.Label, Synonyms: t.Synonyms, Steward: p.audiences[t.Steward], State: tagging.Active})
	}
	waiting := 0
	for _, declared := range d.story.Declarations {
		act := tagging.TagDeclared{Declaration: habilitation.NewID(), Tag: p.tags[declared.Tag], Audience: p.audiences[declared.Audience], Level: declared.Level}
		if act.Tag == 0 || act.Audience == 0 {
			return fmt.Errorf("declaration of %s by %s: one of them is not in the house", declared.Tag, declared.Audience)
		}
		p.add(act)
		if declared.Level == habilitation.Restricted {
			if waiting++; waiting%10 != 0 {
				p.add(tagging.DeclarationApproved{Declaration: act.Declaration})
			}
		}
	}
	return nil
}

// readUpTo is how many days ago everybody had read everything.
const readUpTo = -1.5

// live releases the messages of the past, each on its day.
func (d *Demo) live(ctx context.Context, today time.Time) error {
	caughtUp := false
	for i := range d.story.past {
		m := &d.story.past[i]
		if !caughtUp && m.Day > readUpTo {
			caughtUp = true
			if err := d.everybodyReads(ctx); err != nil {
				return err
			}
		}
		at := today.Add(time.Duration(m.Day * float64(24*time.Hour)))
		d.clock.Set(at)
		if err := d.release(ctx, m, at); err != nil {
			return err
		}
	}
	d.clock.Set(today)
	return nil
}

// release has the signatory dispatch a message on a cleared terminal.
func (d *Demo) release(ctx context.Context, m *storyMessage, at time.Time) error {
	desk, err := d.deskOf(m.Signatory)
	if err != nil {
		return fmt.Errorf("tell %s: %w", m.Ref, err)
	}
	view, err := desk.Dispatch(ctx, habilitation.ID{}, m.form(at, d.told))
	if err != nil {
		return fmt.Errorf("tell %s: %w", m.Ref, err)
	}
	d.told[m.Ref] = view.Number
	return nil
}

// deskOf opens the desk of an agent at their own terminal.
func (d *Demo) deskOf(login string) (*correspondence.Desk, error) {
	agent, known := d.Chancery.Folds.Register.AgentByLogin(login)
	if !known {
		return nil, fmt.Errorf("nobody has the login %q", login)
	}
	var terminal habilitation.ID
	for _, account := range d.Accounts {
		if account.Login == login {
			if t, registered := d.Chancery.Folds.Register.TerminalBySecret(account.Terminal); registered {
				terminal = t.ID
			}
		}
	}
	badge, err := d.Authority.BadgeFor(agent.ID, terminal)
	if err != nil {
		return nil, err
	}
	return d.Chancery.DeskOf(badge), nil
}

func (d *Demo) everybodyReads(ctx context.Context) error {
	for _, account := range d.Accounts {
		desk, err := d.deskOf(account.Login)
		if err != nil {
			return err
		}
		if err := desk.MarkAllRead(ctx, habilitation.ID{}); err != nil {
			return fmt.Errorf("mark read for %s: %w", account.Login, err)
		}
	}
	return nil
}

// asking has the sign-ups asked for that wait to be decided.
func (d *Demo) asking(ctx context.Context) error {
	for _, signup := range d.story.Signups {
		desk, err := d.deskOf(signup.Login)
		if err != nil {
			return err
		}
		if _, err := desk.RequestToJoin(ctx, signup.Audience, signup.Motive); err != nil {
			return fmt.Errorf("%s asks to join %s: %w", signup.Login, signup.Audience, err)
		}
	}
	return nil
}

func (d *Demo) writeAccounts(folder string) error {
	text, err := json.MarshalIndent(d.Accounts, "", "  ")
	if err != nil {
		return fmt.Errorf("write accounts: %w", err)
	}
	if err := os.WriteFile(filepath.Join(folder, accountsName), append(text, '\n'), 0o600); err != nil {
		return fmt.Errorf("write accounts: %w", err)
	}
	return nil
}

// Arrivals releases a message of the present now and then, about once in every interval, until ctx ends; told is called after each. When
// all are told it begins again.
func (d *Demo) Arrivals(ctx context.Context, every time.Duration, told func(subject string)) error {
	for i := 0; len(d.story.live) > 0; i++ {
		wait := every/2 + rand.N(every)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(wait):
		}
		m := d.story.live[i%len(d.story.live)]
		if err := d.release(ctx, &m, d.clock.Now()); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		told(m.Subject)
	}
	return nil
}
