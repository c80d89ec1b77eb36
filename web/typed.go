package web

import (
	"cmp"
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
	c.typedParticulars(&form)
	find, err := finder(c, d)
	if err != nil {
		return form, err
	}
	if form.Drafter != "" {
		form.Drafter = find.agent(form.Drafter)
	}
	if form.LevelOwner != "" {
		form.LevelOwner = find.group(form.LevelOwner)
	}
	form.Action, err = c.typedLines("action", find.group)
	if err == nil {
		form.Info, err = c.typedLines("info", find.group)
	}
	if err == nil {
		form.Collectives, err = c.typedCollectives(find.collective)
	}
	if err == nil {
		form.Exempted, err = c.typedKeys("exempted", find.group, mostAgents)
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
func (c *Call) text(name string) string { return unixLines(c.form.Get(name)) }

func unixLines(text string) string { return strings.ReplaceAll(text, "\r\n", "\n") }

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

// columns are the values of the fields of a list of lines, by field. A field that the sheet does not have is empty in every line; one that
// has another number of lines is no sheet of ours.
func (c *Call) columns(list, first string, fields ...string) (map[string][]string, int, error) {
	count := len(c.form[list+"."+first])
	columns := map[string][]string{first: c.form[list+"."+first]}
	for _, field := range fields {
		values := c.form[list+"."+field]
		switch len(values) {
		case count:
			columns[field] = values
		case 0:
			columns[field] = make([]string, count)
		default:
			return nil, 0, &problem{status: fiber.StatusBadRequest, key: "malformed"}
		}
	}
	return columns, count, nil
}

// typedLines reads the lines of addressees of one role, without the one whose removal was asked, with those to add.
func (c *Call) typedLines(role string, find func(string) string) ([]correspondence.FormAddressee, error) {
	of, count, err := c.columns(role, "group", "qualification", "deadline", "instruction", "precedence", "night", "night_reason", "receipt", "serve", "attention")
	if err != nil {
		return nil, err
	}
	names, err := c.added(role, count)
	if err != nil {
		return nil, err
	}
	var lines []correspondence.FormAddressee
	for i := range count {
		if c.form.Get("remove") == fmt.Sprintf("%s.%d", role, i) {
			continue
		}
		lines = append(lines, correspondence.FormAddressee{Group: of["group"][i], Qualification: of["qualification"][i], Deadline: of["deadline"][i],
			Instruction: unixLines(of["instruction"][i]), Precedence: of["precedence"][i], Night: of["night"][i] == "yes", NightReason: of["night_reason"][i],
			Receipt: of["receipt"][i], Serve: listed(of["serve"][i]), Attention: of["attention"][i]})
	}
	for _, name := range names {
		key := find(name)
		if !slices.ContainsFunc(lines, func(l correspondence.FormAddressee) bool { return l.Group == key }) {
			lines = append(lines, correspondence.FormAddressee{Group: key})
		}
	}
	return lines, nil
}

// typedCollectives reads the collective addresses in the same way.
func (c *Call) typedCollectives(find func(string) string) ([]correspondence.FormCollective, error) {
	const list = "collectives"
	of, count, err := c.columns(list, "collective", "role", "qualification", "deadline", "instruction", "precedence", "receipt")
	if err != nil {
		return nil, err
	}
	names, err := c.added(list, count)
	if err != nil {
		return nil, err
	}
	var lines []correspondence.FormCollective
	for i := range count {
		if c.form.Get("remove") == fmt.Sprintf("%s.%d", list, i) {
			continue
		}
		lines = append(lines, correspondence.FormCollective{Collective: of["collective"][i], Role: of["role"][i], Qualification: of["qualification"][i],
			Deadline: of["deadline"][i], Instruction: unixLines(of["instruction"][i]), Precedence: of["precedence"][i], Receipt: of["receipt"][i]})
	}
	for _, name := range names {
		key := find(name)
		if !slices.ContainsFunc(lines, func(l correspondence.FormCollective) bool { return l.Collective == key }) {
			lines = append(lines, correspondence.FormCollective{Collective: key})
		}
	}
	return lines, nil
}

// typedParticulars reads the fields that only some messages have.
func (c *Call) typedParticulars(form *correspondence.Form) {
	form.Instruction, form.Exercise = c.form.Get("instruction") == "yes", c.form.Get("exercise") == "yes"
	form.ReplyTo, form.Follows = strings.TrimSpace(c.form.Get("reply_to")), strings.TrimSpace(c.form.Get("follows"))
	if how, message := c.form.Get("corrects.how"), strings.TrimSpace(c.form.Get("corrects.message")); how != "" || message != "" {
		form.Corrects = &correspondence.FormCorrection{How: how, Message: message}
	}
	form.ReplyBefore, form.ValidUntil = c.instant(c.form.Get("reply_before")), c.instant(c.form.Get("valid_until"))
	form.NotBefore, form.SilenceUntil = c.instant(c.form.Get("not_before")), c.instant(c.form.Get("silence_until"))
	form.ReassessOn = c.instant(c.form.Get("reassess_on"))
	form.LevelReason, form.LevelOwner, form.AudienceMention = c.form.Get("level_reason"), strings.TrimSpace(c.form.Get("level_owner")), c.form.Get("audience_mention")
	form.HandlingInstructions, form.DistributionClass = c.form.Get("handling_instructions"), c.form.Get("distribution_class")
	form.External, form.FreeTags = listed(c.form.Get("external")), listed(c.form.Get("free_tags"))
	form.Countries, form.Persons = listed(c.form.Get("countries")), listed(c.form.Get("persons"))
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
type found struct{ group, tag, agent, collective func(string) string }

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
		collective: func(typed string) string {
			collectives, err := d.Collectives(c.ctx)
			for _, one := range collectives {
				if err == nil && sameName(typed, one.Key, one.Name.FR, one.Name.EN) {
					return one.Key
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

// groupCalled is the key of the group or community that is called so; what nobody is called stays as it was typed, for the fault to name.
func (c *Call) groupCalled(d *correspondence.Desk, typed string) (string, error) {
	if strings.TrimSpace(typed) == "" {
		return "", nil
	}
	find, err := finder(c, d)
	if err != nil {
		return "", err
	}
	return find.group(typed), nil
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
	groups      map[string]correspondence.AudienceRef
	tags        map[string]habilitation.Label
	collectives map[string]habilitation.Label
	agents      map[string]string // by login
}

func nameKeys(c *Call, d *correspondence.Desk, form correspondence.Form) (names, error) {
	n := names{groups: map[string]correspondence.AudienceRef{}, tags: map[string]habilitation.Label{},
		collectives: map[string]habilitation.Label{}, agents: map[string]string{}}
	for _, login := range append([]string{form.Drafter}, form.Agents...) {
		if agent, ok := d.AgentCalled(login); ok {
			n.agents[login] = agent.Name
		}
	}
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
	return n, n.nameCollectives(c, d, form)
}

func (n names) nameCollectives(c *Call, d *correspondence.Desk, form correspondence.Form) error {
	if len(form.Collectives) == 0 {
		return nil
	}
	collectives, err := d.Collectives(c.ctx)
	for _, one := range collectives {
		n.collectives[one.Key] = one.Name
	}
	return err
}

// collective is how a collective on the sheet is called.
func (n names) collective(f *frame, key string) string {
	if label := f.Label(n.collectives[key]); label != "" {
		return label
	}
	return key
}

// group is how a group on the sheet is called; a key that nobody bears is told as typed.
func (n names) group(f *frame, key string) string {
	if ref, ok := n.groups[key]; ok {
		return calledWhole(f, ref)
	}
	return key
}

// agent is what the bearer of a login is called; a login that nobody bears is told as typed.
func (n names) agent(login string) string { return cmp.Or(n.agents[login], login) }

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
