package web

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"
	"github.com/gofiber/fiber/v2"

	"chancery/correspondence"
	"chancery/habilitation"
)

// A form that is sent and not taken comes back on the page that it was sent from, as it was typed, with all that is wrong with it. A page
// has no part in this but to draw its forms by filling; what it does not draw again is shown beside, so that no word is lost.

// refusedForm is a form that was sent and not taken.
type refusedForm struct {
	to         string // where it was sent
	sent       url.Values
	faults     []correspondence.Fault
	title      string // of the refusal, where no fault tells it; "" when the form was not refused, and is only being filled in
	detail     string
	difference []correspondence.FieldDifference // of a text that changed meanwhile
	drawn      *filling                         // where the page shows the form again; nil until it does, and for good when it has it no more
}

// filling is a form as a page draws it: empty, or once more as it was sent.
type filling struct {
	id     string     // of the form; those of its fields begin with it
	sent   url.Values // nil unless this is the form that was refused
	faults []correspondence.Fault
	fields []drawnField
}

// drawnField is a field that a page has drawn of a form.
type drawnField struct {
	field
	id string
}

// field is one field of a form. What was typed into it stands in it again.
type field struct {
	name     string
	place    string   // as faults name it, where that is not its name
	also     []string // other places whose faults are told beside it
	label    string
	hint     string
	value    string // where nothing was typed
	kind     string // "" for a line of text; date, moment, number, lines, choice
	most     int    // characters
	rows     int    // of lines
	needed   bool
	silent   bool   // its label is for who cannot see what it stands beside
	whole    bool   // it is a list of lines
	small    bool   // it stands among others of its kind
	names    string // the list of names that it offers
	suggests string // what names are looked up of while one types
	example  string
	choices  []option
}

// option is one of the values of a field of choice.
type option struct{ value, label string }

// filling is the form of a page that is sent to an address, with one of some acts where several forms share the address.
func (f *frame) filling(id, to string, acts ...string) *filling {
	in := &filling{id: id}
	r := f.refused
	if r == nil || r.drawn != nil || r.to != to || len(acts) > 0 && !slices.Contains(acts, r.sent.Get("act")) {
		return in
	}
	in.sent, in.faults, r.drawn = r.sent, r.faults, in
	return in
}

// refused reports whether the form is shown again.
func (in *filling) refused() bool { return in.sent != nil }

// typed is what a field of the form says: what was typed, or what it says otherwise.
func (in *filling) typed(name, otherwise string) string {
	if in.refused() {
		return in.sent.Get(name)
	}
	return otherwise
}

// ticked reports whether a box of the form is ticked.
func (in *filling) ticked(name, value string, otherwise bool) bool {
	if in.refused() {
		return slices.Contains(in.sent[name], value)
	}
	return otherwise
}

// said is what a field says. One of many that share a name says what it is given: its page knows which of the lines it is.
func (in *filling) said(x field) string {
	if x.place != "" {
		return x.value
	}
	return in.typed(x.name, x.value)
}

func (x field) at() string {
	if x.place != "" {
		return x.place
	}
	return x.name
}

// takes reports whether a fault is told beside the field.
func (x field) takes(fault correspondence.Fault) bool {
	if x.whole {
		return fault.Field == x.name
	}
	return isBelow(fault.Field, x.at()) || slices.ContainsFunc(x.also, func(other string) bool { return isBelow(fault.Field, other) })
}

// draw notes that a field is drawn, and gives the identity of its element.
func (in *filling) draw(x field) string {
	id := in.id + "-" + fieldID(x.at())
	if in.refused() {
		in.fields = append(in.fields, drawnField{x, id})
	}
	return id
}

// wholeList stands for a list of lines: the faults of all of it, not those of a line.
func (in *filling) wholeList(place, label string) field {
	x := field{name: place, label: label, whole: true}
	in.draw(x)
	return x
}

// of are the faults of a field.
func (in *filling) of(x field) []correspondence.Fault {
	var of []correspondence.Fault
	for _, fault := range in.faults {
		if x.takes(fault) {
			of = append(of, fault)
		}
	}
	return of
}

// describedBy is the value of aria-describedby for a field: its hint, if any, and its faults.
func (in *filling) describedBy(id string, x field) string {
	var ids []string
	if x.hint != "" {
		ids = append(ids, id+"-hint")
	}
	for i := range in.of(x) {
		ids = append(ids, fmt.Sprintf("%s-fault-%d", id, i))
	}
	return strings.Join(ids, " ")
}

// mostText is how many characters a browser takes; the house has its own word about it.
func (x field) mostText() string { return strconv.Itoa(cmp.Or(x.most, 2000)) }

// offered names the list of names that a field offers.
func (x field) offered() templ.Attributes {
	if x.names == "" {
		return nil
	}
	return templ.Attributes{"list": x.names}
}

func (x field) offers(value string) bool {
	return slices.ContainsFunc(x.choices, func(one option) bool { return one.value == value })
}

// inputType is the browser's type of a field; a date that is none stays as it was typed.
func (x field) inputType(said string) string {
	switch x.kind {
	case "date":
		return deadlineType(said)
	case "moment":
		return momentType(said)
	case "number":
		if strings.Trim(said, "0123456789") == "" {
			return "number"
		}
	}
	return "text"
}

// told is one fault as the summary tells it, with the element that it leads to.
type told struct{ to, text string }

// summary tells every fault, each leading to its field, or to its form where no field is at fault.
func (r *refusedForm) summary(f *frame) []told {
	var all []told
	for _, fault := range r.faults {
		one := told{text: f.Fault(fault)}
		if r.drawn != nil {
			one.to = r.drawn.id
			if i := slices.IndexFunc(r.drawn.fields, func(x drawnField) bool { return x.takes(fault) }); i >= 0 {
				one = told{r.drawn.fields[i].id, f.T("compose.fault", "Field", r.drawn.fields[i].label, "Fault", one.text)}
			}
		}
		all = append(all, one)
	}
	return all
}

// machineFields are fields that nobody types.
var machineFields = []string{"token", "next", "act", "draft", "version", "digest", "verdict", "remove", "drop", stepUpField}

// lostWords are what was typed into the form and is not on the page: all of it when the page has the form no more.
func (r *refusedForm) lostWords() []carried {
	var lost []carried
	for _, one := range (&Call{form: r.sent}).carriedFields() {
		drawn := r.drawn != nil && slices.ContainsFunc(r.drawn.fields, func(x drawnField) bool { return lineless(x.name) == lineless(one.name) })
		_, notTyped := habilitation.ParseID(one.value)
		if !drawn && notTyped != nil && strings.TrimSpace(one.value) != "" && !slices.Contains(machineFields, one.name) {
			lost = append(lost, one)
		}
	}
	return lost
}

// lineless is the name of a field without the number of its line.
func lineless(name string) string { return strings.TrimRight(name, "0123456789") }

// withRefusal puts what is wrong with the form that was sent before a page. The page is drawn first: only then is it known what it shows.
func withRefusal(f *frame, body templ.Component) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		var page bytes.Buffer
		if err := body.Render(ctx, &page); err != nil {
			return err //nolint:wrapcheck // templ names file and line
		}
		if f.refused.title != "" {
			if err := refusalSummary(f, f.refused).Render(ctx, w); err != nil {
				return err //nolint:wrapcheck // templ names file and line
			}
		}
		_, err := page.WriteTo(w)
		return err //nolint:wrapcheck // a buffer does not fail
	})
}

// again is the page that a refused form was sent from, with the form as it was typed; the refusal itself where there is no such page.
func (s *Server) again(c *Call, d *correspondence.Desk, refused error) (view, error) {
	cause, refusal := causeOf(refused)
	switch cause {
	case correspondence.Invalid, correspondence.Conflict, correspondence.NotMandated, correspondence.Busy:
	default:
		return view{}, refused
	}
	if isReleased(refusal) {
		return view{}, refused
	}
	v, err := s.asTyped(c, d)
	if err != nil {
		return view{}, refused
	}
	p := refusalProblem(refusal)
	c.refused.faults, c.refused.title, c.refused.detail = refusal.Faults, c.words.problemTitle(p), c.words.problemDetail(p)
	c.refused.difference = refusal.Difference
	v.title, v.status = c.words.T("fault.word")+" "+v.title, p.status
	retryIn(c.fiber, p)
	return v, nil
}

// isReleased reports whether a refusal is of a draft that is a message by now: no page shows it again as a draft.
func isReleased(r *correspondence.Refusal) bool { return r != nil && r.Key == "draft-released" }

// asTyped is the page that a form was sent from, with the form as it was typed.
func (s *Server) asTyped(c *Call, d *correspondence.Desk) (view, error) {
	handler := s.sentFrom(c)
	if handler == nil {
		return view{}, errNowhere
	}
	v, err := handler(c, d)
	if err == nil && (v.to != "" || v.bare) {
		err = errNowhere
	}
	v.echoes = true
	c.refused = &refusedForm{to: c.fiber.Path(), sent: c.form}
	return v, err
}

// errNowhere is met where no page shows a form again.
var errNowhere = &problem{status: fiber.StatusNotFound, key: "unknown"}

// shownPage is a page that can be shown again.
type shownPage struct {
	path    []string // pieces; one in braces varies
	handler func(*Call, *correspondence.Desk) (view, error)
}

// sentFrom finds the page that a form was sent from, and has the call stand there: the one that the form names, else the one above the
// form's own address.
func (s *Server) sentFrom(c *Call) func(*Call, *correspondence.Desk) (view, error) {
	from, err := url.Parse(localAddress(c.form.Get("next")))
	if err == nil && c.form.Get("next") != "" {
		if handler := s.standAt(c, from.EscapedPath(), from.Query()); handler != nil {
			return handler
		}
	}
	for path := c.fiber.Path(); path != ""; path = path[:strings.LastIndexByte(path, '/')] {
		if handler := s.standAt(c, path, nil); handler != nil {
			return handler
		}
	}
	return nil
}

func (s *Server) standAt(c *Call, path string, query url.Values) func(*Call, *correspondence.Desk) (view, error) {
	pieces := strings.Split(path, "/")
	for _, page := range s.pages {
		if len(page.path) != len(pieces) {
			continue
		}
		place := &standingAt{path: path, parameters: map[string]string{}, query: query}
		fits := true
		for i, piece := range page.path {
			if name, varies := strings.CutPrefix(piece, "{"); varies {
				place.parameters[strings.TrimSuffix(name, "}")] = pieces[i]
			} else if piece != pieces[i] {
				fits = false
			}
		}
		if fits {
			query.Del("done") // it was done before
			c.place = place
			return page.handler
		}
	}
	return nil
}

// standingAt is the page at which a call stands that was sent elsewhere.
type standingAt struct {
	path       string
	parameters map[string]string
	query      url.Values
}

func (p *standingAt) address() string {
	if len(p.query) == 0 {
		return p.path
	}
	return p.path + "?" + p.query.Encode()
}

// sentKey is where a request's form is kept, for the page that tells of a problem to show what was typed.
const sentKey = "sent"

func sentForm(c *fiber.Ctx) *refusedForm {
	sent, _ := c.Locals(sentKey).(url.Values)
	return &refusedForm{sent: sent}
}
