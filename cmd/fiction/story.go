package fiction

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"chancery/correspondence"
	"chancery/habilitation"
)

// story is the house of the demonstration as its authors wrote it.
type story struct {
	Agents       []storyAgent
	Groups       []storyAudience
	Communities  []storyAudience
	Tags         []storyTag
	Declarations []storyDeclaration
	Signups      []storySignup
	Operator     string // key of the group that receives what nothing else catches
	Collectives  []storyCollective
	Rosters      []storyRoster
	Delegations  []storyDelegation

	past []storyMessage // in the order of their days
	live []storyMessage
}

type storyAgent struct {
	Login, Name, Title string
	Level              habilitation.Level
	Functions          []habilitation.Function
	Terminal           string // level of the agent's terminal, or "none"
}

type storyAudience struct {
	Key, Timbre, Sort, Parent string
	Name                      habilitation.Label
	Level                     habilitation.Level
	Members                   []storyMember
}

type storyMember struct {
	Login  string
	Duties []string
}

type storyTag struct {
	Key      string
	Label    habilitation.Label
	Synonyms []string
	Steward  string
}

type storyDeclaration struct {
	Audience, Tag string
	Level         habilitation.Level
}

type storyCollective struct {
	Key, Parent   string
	Name          habilitation.Label
	Groups, Sorts []string
}

// storyRoster is a roster whose turns last a day each, one after the other; those of Then are called after them at any time.
type storyRoster struct {
	Group              string
	Days               int
	AcknowledgeMinutes int `json:"acknowledge_minutes"`
	Turns, Then        []string
}

// storyDelegation begins when the house is opened.
type storyDelegation struct {
	From, To, Group, Reason string
	Duties                  []string
	Days                    int
}

type storySignup struct{ Login, Audience, Motive string }

// storyMessage is one message with the moment it was released, in days from now.
type storyMessage struct {
	Ref                              string
	Day                              float64
	Kind, Origin, Drafter, Signatory string
	Action, Info                     []storyLine
	Agents                           []string
	Precedence, Level, Language      string
	InfoPrecedence                   string `json:"info_precedence"`
	Subject, Summary, Text, Comment  string
	Tags, References                 []string
	Attachments                      []storyFile
}

type storyLine struct {
	Group, Qualification, Instruction string
	DeadlineDays                      float64 `json:"deadline_days"`
}

type storyFile struct{ Name, Content string }

// readStory reads house.json, messages-*.jsonl and live.jsonl.
func readStory(files fs.FS) (*story, error) {
	s := &story{}
	text, err := fs.ReadFile(files, "house.json")
	if err != nil {
		return nil, fmt.Errorf("read the invented house: %w", err)
	}
	if err := json.Unmarshal(text, s); err != nil {
		return nil, fmt.Errorf("read the invented house: %w", err)
	}
	names, err := fs.Glob(files, "messages-*.jsonl")
	if err != nil {
		return nil, fmt.Errorf("read the invented messages: %w", err)
	}
	for _, name := range names {
		messages, err := readMessages(files, name)
		if err != nil {
			return nil, err
		}
		s.past = append(s.past, messages...)
	}
	slices.SortStableFunc(s.past, func(a, b storyMessage) int { return cmp.Compare(a.Day, b.Day) })
	if _, err := fs.Stat(files, "live.jsonl"); err == nil {
		s.live, err = readMessages(files, "live.jsonl")
		return s, err
	}
	return s, nil
}

func readMessages(files fs.FS, name string) ([]storyMessage, error) {
	text, err := fs.ReadFile(files, name)
	if err != nil {
		return nil, fmt.Errorf("read the invented messages: %w", err)
	}
	var messages []storyMessage
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, 1<<20)
	for number := 1; lines.Scan(); number++ {
		if strings.TrimSpace(lines.Text()) == "" {
			continue
		}
		var m storyMessage
		if err := json.Unmarshal(lines.Bytes(), &m); err != nil {
			return nil, fmt.Errorf("read %s line %d: %w", name, number, err)
		}
		messages = append(messages, m)
	}
	return messages, lines.Err()
}

// form is the message as its signatory would have written it at that moment; references name messages already told by their numbers,
// as a pen does: whether the author may see them or not.
func (m *storyMessage) form(at time.Time, told map[string]string) correspondence.Form {
	f := correspondence.Form{Kind: m.Kind, Origin: m.Origin, Drafter: m.Drafter, Agents: m.Agents, Precedence: m.Precedence, InfoPrecedence: m.InfoPrecedence, Level: m.Level,
		Tags: m.Tags, Language: m.Language, Subject: m.Subject, Summary: m.Summary, Text: m.Text, Comment: m.Comment}
	if m.Drafter != m.Signatory {
		f.Drafter = m.Drafter
	}
	for _, to := range m.Action {
		f.Action = append(f.Action, to.addressee(at))
	}
	for _, to := range m.Info {
		f.Info = append(f.Info, to.addressee(at))
	}
	for _, ref := range m.References {
		if number, known := told[ref]; known {
			f.References = append(f.References, number)
		}
	}
	for _, file := range m.Attachments {
		f.Attachments = append(f.Attachments, correspondence.FormAttachment{Name: file.Name, Type: mediaType(file.Name), Content: []byte(file.Content)})
	}
	return f
}

func (l storyLine) addressee(at time.Time) correspondence.FormAddressee {
	to := correspondence.FormAddressee{Group: l.Group, Qualification: l.Qualification, Instruction: l.Instruction}
	if l.DeadlineDays > 0 {
		to.Deadline = at.Add(time.Duration(l.DeadlineDays * float64(24*time.Hour))).UTC().Format(time.RFC3339)
	}
	return to
}

func mediaType(name string) string {
	switch name[strings.LastIndexByte(name, '.')+1:] {
	case "csv":
		return "text/csv"
	case "txt", "md":
		return "text/plain"
	case "json":
		return "application/json"
	}
	return "application/octet-stream"
}
