package web

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/text/runes"
	"golang.org/x/text/transform"
	"golang.org/x/text/unicode/norm"

	"github.com/gofiber/fiber/v2"

	"chancery/correspondence"
	"chancery/habilitation"
)

// wholeNumber reads a number that a page of ours wrote; "" is zero.
func wholeNumber(text string) (uint64, error) {
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return 0, &problem{status: fiber.StatusBadRequest, key: "malformed"}
	}
	return n, nil
}

// typedForm reads the fields of the sheet: the lines that are there already, and the names typed to be added, which may be a key, a
// timbre or a name. A name that nobody bears stays as it was typed, for the fault beside it to name.
func (c *Call) typedForm(d *correspondence.Desk) (correspondence.Form, error) {
	form := correspondence.Form{
		Kind: c.form.Get("kind"), Origin: c.form.Get("origin"), Drafter: c.form.Get("drafter"), Level: c.form.Get("level"), Language: c.form.Get("language"),
		Precedence: c.form.Get("precedence"), InfoPrecedence: c.form.Get("info_precedence"),
		Subject: c.form.Get("subject"), Summary: c.text("summary"), Text: c.text("text"), Comment: c.text("comment"),
		References: listed(c.form.Get("references")),
	}
	find, err := finder(c, d)
	if err != nil {
		return form, err
	}
	form.Action, err = c.typedLines("action", find.group)
	if err == nil {
		form.Info, err = c.typedLines("info", find.group)
	}
	if err == nil {
		form.Tags, err = c.typedKeys("tags", find.tag, mostTags)
	}
	if err == nil {
		form.Agents, err = c.typedKeys("agents", find.agent, mostAgents)
	}
	return form, err
}

// The room of a message, as its form's own limits have it. A list of more names than any has room for is no sheet of ours.
const (
	mostNames  = 500
	mostAgents = 100
	mostTags   = 50
)

// added are the names typed to be added to a list that has some already.
func (c *Call) added(name string, already int) ([]string, error) {
	names := listed(c.form.Get(name + ".add"))
	if already+len(names) > mostNames {
		return nil, invalid(correspondence.Fault{Field: name, Key: "too-long", Args: map[string]string{"max": strconv.Itoa(mostNames)}})
	}
	return names, nil
}

// text is a field of several lines, with line ends as the house writes them.
func (c *Call) text(name string) string { return strings.ReplaceAll(c.form.Get(name), "\r\n", "\n") }

// listed splits names separated by commas, semicolons or line ends.
func listed(text string) []string {
	var names []string
	for _, name := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ';' || r == '\n' }) {
		if name = strings.TrimSpace(name); name != "" {
			names = append(names, name)
		}
	}
	return names
}

// typedLines reads the lines of addressees of one role, without the one whose removal was asked, with those to add.
func (c *Call) typedLines(role string, find func(string) string) ([]correspondence.FormAddressee, error) {
	groups, qualifications := c.form[role+".group"], c.form[role+".qualification"]
	deadlines, instructions := c.form[role+".deadline"], c.form[role+".instruction"]
	if len(qualifications) != len(groups) || len(deadlines) != len(groups) || len(instructions) != len(groups) {
		return nil, &problem{status: fiber.StatusBadRequest, key: "malformed"}
	}
	names, err := c.added(role, len(groups))
	if err != nil {
		return nil, err
	}
	var lines []correspondence.FormAddressee
	for i, group := range groups {
		if c.form.Get("remove") == fmt.Sprintf("%s.%d", role, i) {
			continue
		}
		lines = append(lines, correspondence.FormAddressee{Group: group, Qualification: qualifications[i], Deadline: deadlines[i],
			Instruction: strings.ReplaceAll(instructions[i], "\r\n", "\n")})
	}
	for _, name := range names {
		key := find(name)
		if !slices.ContainsFunc(lines, func(l correspondence.FormAddressee) bool { return l.Group == key }) {
			lines = append(lines, correspondence.FormAddressee{Group: key})
		}
	}
	return lines, nil
}

// typedKeys reads a list of keys in the same way. Names beyond its room are not looked up: the fault is their number.
func (c *Call) typedKeys(name string, find func(string) string, room int) ([]string, error) {
	names, err := c.added(name, len(c.form[name+".key"]))
	if err != nil {
		return nil, err
	}
	var keys []string
	for i, key := range c.form[name+".key"] {
		if c.form.Get("remove") != fmt.Sprintf("%s.%d", name, i) {
			keys = append(keys, key)
		}
	}
	for i, key := range names {
		if i < room {
			key = find(key)
		}
		if !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	return keys, nil
}

// found turns what was typed into keys.
type found struct{ group, tag, agent func(string) string }

func finder(c *Call, d *correspondence.Desk) (found, error) {
	groups, err := allGroups(c, d)
	if err != nil {
		return found{}, err
	}
	called := sync.OnceValue(func() map[string]string { return groupKeys(groups) })
	return found{
		group: func(typed string) string {
			if key, known := called()[fold(typed)]; known {
				return key
			}
			return typed
		},
		tag: func(typed string) string {
			tags, err := d.Tags(c.ctx, typed, suggestMost)
			for _, t := range tags {
				if err == nil && sameName(typed, append([]string{t.Key, t.Label.FR, t.Label.EN}, t.Synonyms...)...) {
					return t.Key
				}
			}
			return typed
		},
		agent: func(typed string) string {
			agents, err := d.Agents(c.ctx, typed, suggestMost)
			for _, a := range agents {
				if err == nil && sameName(typed, a.Login, a.Name) {
					return a.Login
				}
			}
			return typed
		},
	}, nil
}

// groupKeys is the keys of groups by all that they are called, folded; the first of a name has it.
func groupKeys(groups []correspondence.GroupView) map[string]string {
	keys := make(map[string]string, 4*len(groups))
	for _, g := range groups {
		for _, name := range []string{g.Key, g.Timbre, g.Name.FR, g.Name.EN} {
			if folded := fold(name); name != "" && keys[folded] == "" {
				keys[folded] = g.Key
			}
		}
	}
	return keys
}

// allGroups is every functional group and community.
func allGroups(c *Call, d *correspondence.Desk) ([]correspondence.GroupView, error) {
	groups, err := d.Groups(c.ctx)
	if err != nil {
		return nil, err
	}
	communities, err := d.Communities(c.ctx)
	if err != nil {
		return nil, err
	}
	return slices.Concat(groups, communities), nil
}

// sameName compares without regard to case and accents.
func sameName(typed string, names ...string) bool {
	folded := fold(typed)
	return slices.ContainsFunc(names, func(name string) bool { return name != "" && fold(name) == folded })
}

func fold(text string) string {
	plain, _, err := transform.String(transform.Chain(norm.NFD, runes.Remove(runes.In(unicode.Mn)), norm.NFC), strings.TrimSpace(text))
	if err != nil {
		plain = text
	}
	return strings.ToLower(plain)
}

// names is how the keys of a form are called, in both languages.
type names struct {
	groups map[string]correspondence.AudienceRef
	tags   map[string]habilitation.Label
}

func nameKeys(c *Call, d *correspondence.Desk, form correspondence.Form) (names, error) {
	n := names{groups: map[string]correspondence.AudienceRef{}, tags: map[string]habilitation.Label{}}
	groups, err := allGroups(c, d)
	if err != nil {
		return n, err
	}
	for _, g := range groups {
		n.groups[g.Key] = g.AudienceRef
	}
	for _, key := range form.Tags {
		tag, err := d.Tag(c.ctx, key)
		if cause, _ := causeOf(err); err != nil && cause != correspondence.Unknown {
			return n, err
		}
		n.tags[key] = tag.Label
	}
	return n, nil
}

// group is how a group on the sheet is called; a key that nobody bears is told as typed.
func (n names) group(f *frame, key string) string {
	if ref, ok := n.groups[key]; ok {
		return calledWhole(f, ref)
	}
	return key
}

func (n names) tag(f *frame, key string) string {
	if label := f.Label(n.tags[key]); label != "" {
		return label
	}
	return key
}

// calledWhole is a group's timbre and name.
func calledWhole(f *frame, a correspondence.AudienceRef) string {
	if a.Timbre == "" {
		return f.Label(a.Name)
	}
	return a.Timbre + " – " + f.Label(a.Name)
}
