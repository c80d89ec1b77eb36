package web

import (
	"strings"

	"github.com/a-h/templ"
	"github.com/gofiber/fiber/v2"

	"chancery/correspondence"
)

// suggestMost is how many suggestions one answer holds.
const suggestMost = 12

// suggestion is one line under a field: what is put into it, and what is read.
type suggestion struct{ value, label, detail string }

// suggestions answers what may be meant by the beginning of a name: of a group, a collective, a tag or an agent.
func suggestions(c *Call, d *correspondence.Desk) (view, error) {
	typed := c.query("q")
	if len(typed) > 200 {
		typed = ""
	}
	var found []suggestion
	var err error
	switch c.parameter("what") {
	case "groups":
		found, err = suggestGroups(c, d, typed)
	case "tags":
		found, err = suggestTags(c, d, typed)
	case "agents":
		found, err = suggestAgents(c, d, typed)
	case "collectives":
		found, err = suggestCollectives(c, d, typed)
	default:
		err = &problem{status: fiber.StatusNotFound, key: "unknown"}
	}
	return view{bare: true, echoes: true, body: func(f *frame) templ.Component { return suggestionList(f, found) }}, err
}

func suggestGroups(c *Call, d *correspondence.Desk, typed string) ([]suggestion, error) {
	groups, err := allGroups(c, d)
	if err != nil {
		return nil, err
	}
	var found []suggestion
	folded := fold(typed)
	for _, g := range groups {
		name := c.words.Label(g.Name)
		if !strings.HasPrefix(fold(g.Timbre), folded) && !strings.HasPrefix(fold(g.Key), folded) && !beginsWord(fold(name), folded) {
			continue
		}
		label := g.Timbre
		if label == "" {
			label = name
		}
		found = append(found, suggestion{g.Key, label, name})
		if len(found) == suggestMost {
			break
		}
	}
	return found, nil
}

// beginsWord reports whether some word of a name begins so.
func beginsWord(name, beginning string) bool {
	return strings.HasPrefix(name, beginning) || strings.Contains(name, " "+beginning) || strings.Contains(name, "'"+beginning) ||
		strings.Contains(name, "’"+beginning)
}

func suggestTags(c *Call, d *correspondence.Desk, typed string) ([]suggestion, error) {
	tags, err := d.Tags(c.ctx, typed, suggestMost)
	found := make([]suggestion, 0, len(tags))
	for _, t := range tags {
		found = append(found, suggestion{t.Key, c.words.Label(t.Label), strings.Join(t.Synonyms, ", ")})
	}
	return found, err
}

func suggestAgents(c *Call, d *correspondence.Desk, typed string) ([]suggestion, error) {
	agents, err := d.Agents(c.ctx, typed, suggestMost)
	found := make([]suggestion, 0, len(agents))
	for _, a := range agents {
		found = append(found, suggestion{a.Login, a.Name, a.Login})
	}
	return found, err
}

func suggestCollectives(c *Call, d *correspondence.Desk, typed string) ([]suggestion, error) {
	collectives, err := d.Collectives(c.ctx)
	var found []suggestion
	folded := fold(typed)
	for _, one := range collectives {
		name := c.words.Label(one.Name)
		if strings.HasPrefix(fold(one.Key), folded) || beginsWord(fold(name), folded) {
			found = append(found, suggestion{one.Key, name, c.words.T("compose.groups", "Count", len(one.Groups))})
		}
		if len(found) == suggestMost {
			break
		}
	}
	return found, err
}
