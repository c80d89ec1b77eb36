package web

import (
	"net/url"
	"strconv"

	"github.com/a-h/templ"
	"github.com/gofiber/fiber/v2"

	"chancery/correspondence"
)

func (s *Server) registerHandling() {
	s.page(fiber.MethodGet, "/actions", actionsPage)
	s.page(fiber.MethodGet, "/operator", operatorPage)
	s.registerSent()
	s.page(fiber.MethodPost, "/operator/{id}/settle", settleOnPage)
	s.page(fiber.MethodPost, "/alerts/{id}/acknowledge", func(c *Call, d *correspondence.Desk) (view, error) {
		id, err := c.identity("id")
		if err != nil {
			return view{}, err
		}
		return view{to: c.next("/actions", "acknowledged")}, d.AcknowledgeAlert(c.ctx, id)
	})
	s.page(fiber.MethodGet, "/messages/{id}/row", rowFragment)
	for _, one := range handlingActs() {
		s.page(fiber.MethodPost, "/messages/{id}/handling/{group}/"+one.name, func(c *Call, d *correspondence.Desk) (view, error) {
			id, err := c.identity("id")
			if err != nil {
				return view{}, err
			}
			wish := correspondence.HandlingWish{To: c.text("to"), Due: c.text("due"), Note: c.text("note"), Reason: c.text("reason")}
			if one.name == "reassign" {
				if wish.To, err = c.groupCalled(d, wish.To); err != nil {
					return view{}, err
				}
			}
			return view{to: c.next(messageAddress(id), one.name)}, one.act(d, c.ctx, id, c.parameter("group"), wish)
		})
	}
	s.page(fiber.MethodPost, "/messages/{id}/addressees", addOnPage)
	s.page(fiber.MethodPost, "/messages/{id}/shares", shareOnPage)
	s.page(fiber.MethodPost, "/messages/{id}/shares/{group}/revoke", func(c *Call, d *correspondence.Desk) (view, error) {
		id, err := c.identity("id")
		if err != nil {
			return view{}, err
		}
		return view{to: messageAddress(id) + "?done=share-revoked"}, d.RevokeShare(c.ctx, id, correspondence.ShareWish{Community: c.parameter("group")})
	})
}

// next is where an act leads back to: the list of what is to be done when it was done there, else the page given.
func (c *Call) next(address, done string) string {
	if from, err := url.Parse(c.form.Get("next")); err == nil && from.Path == "/actions" {
		address = "/actions"
	}
	return address + "?done=act-" + done
}

func actionsPage(c *Call, d *correspondence.Desk) (view, error) {
	page, err := d.Actions(c.ctx)
	return view{title: c.words.T("menu.actions"), section: "actions", body: func(f *frame) templ.Component {
		return actionsBody(f, page, c.done())
	}}, err
}

// actionSection is the actions of one lane.
type actionSection struct {
	whose string
	items []correspondence.ActionItem
}

// quickKeys are the acts that the list offers, with their keys.
var quickKeys = map[string]string{"take": "p", "accept": "a"}

// bySection splits actions into lanes, in their order: what was given back and then what is late come before everything else.
func bySection(items []correspondence.ActionItem) []actionSection {
	var all []actionSection
	for _, item := range items {
		whose := item.Whose
		switch {
		case item.Returned:
			whose = "returned"
		case item.Line.Late:
			whose = "late"
		}
		if len(all) == 0 || all[len(all)-1].whose != whose {
			all = append(all, actionSection{whose: whose})
		}
		all[len(all)-1].items = append(all[len(all)-1].items, item)
	}
	return all
}

func operatorPage(c *Call, d *correspondence.Desk) (view, error) {
	tray, err := d.OperatorTray(c.ctx)
	if err != nil {
		return view{}, err
	}
	groups, err := allGroups(c, d)
	return view{title: c.words.T("menu.operator"), section: "operator", body: func(f *frame) templ.Component {
		return trayBody(f, tray, groups, c.done())
	}}, err
}

func settleOnPage(c *Call, d *correspondence.Desk) (view, error) {
	id, err := c.identity("id")
	if err != nil {
		return view{}, err
	}
	group, err := c.groupCalled(d, c.text("group"))
	if err != nil {
		return view{}, err
	}
	return view{to: "/operator?done=act-settle"}, d.SettleTray(c.ctx, id, correspondence.SettleWish{Group: group, Role: c.text("role"), Reason: c.text("reason")})
}

func addOnPage(c *Call, d *correspondence.Desk) (view, error) {
	id, err := c.identity("id")
	if err != nil {
		return view{}, err
	}
	group, err := c.groupCalled(d, c.text("group"))
	if err != nil {
		return view{}, err
	}
	wish := correspondence.AddresseeWish{Group: group, Qualification: c.text("qualification"), Deadline: c.text("deadline"),
		Instruction: c.text("instruction"), Reason: c.text("reason"), Role: correspondence.Action.String()}
	if wish.Qualification == correspondence.ForInformation.String() {
		wish.Role = correspondence.Info.String()
	}
	return view{to: messageAddress(id) + "?done=act-add"}, d.AddAddressee(c.ctx, id, wish)
}

func shareOnPage(c *Call, d *correspondence.Desk) (view, error) {
	id, err := c.identity("id")
	if err != nil {
		return view{}, err
	}
	community, err := c.groupCalled(d, c.text("community"))
	if err != nil {
		return view{}, err
	}
	return view{to: messageAddress(id) + "?done=act-share"}, d.Share(c.ctx, id, correspondence.ShareWish{Community: community, Reason: c.text("reason")})
}

// rowFragment is one row anew, for a list that shows it already.
func rowFragment(c *Call, d *correspondence.Desk) (view, error) {
	id, err := c.identity("id")
	if err != nil {
		return view{}, err
	}
	headline, err := d.Row(c.ctx, id)
	return view{bare: true, body: func(f *frame) templ.Component { return row(f, headline, nil) }}, err
}

// handlingOf is what the page of a message shows beside its text: the handling, and what is missing in the series that it belongs to.
type handlingOf struct {
	view        correspondence.HandlingView
	gaps        []correspondence.GapView
	groups      []correspondence.GroupView
	communities []correspondence.GroupView
	mayCorrect  bool
}

func handlingFor(c *Call, d *correspondence.Desk, m correspondence.MessageView) (h handlingOf, err error) {
	if h.view, err = d.HandlingOf(c.ctx, m.ID); err != nil {
		return h, err
	}
	all, err := d.Gaps(c.ctx)
	if err != nil {
		return h, err
	}
	for _, g := range all {
		if g.Origin.Key == m.Origin.Key {
			h.gaps = append(h.gaps, g)
		}
	}
	if h.communities, err = d.Communities(c.ctx); err != nil {
		return h, err
	}
	if h.mayCorrect, err = mayCorrect(c, d, m); err != nil {
		return h, err
	}
	h.groups, err = allGroups(c, d)
	return h, err
}

// actAddress is where an act at a line is sent.
func actAddress(m correspondence.MessageView, l correspondence.HandlingLine, act string) string {
	return messageAddress(m.ID) + "/handling/" + pathPiece(l.Key) + "/" + act
}

func reasonField(f *frame) field {
	return field{name: "reason", label: f.T("act.reason"), needed: true}
}

// groupField takes a group by its name, its timbre or its key.
func groupField(f *frame, name string) field {
	return field{name: name, label: f.T("act.group"), most: 100, needed: true, names: "all-groups"}
}

func colleagues(l correspondence.HandlingLine) (names []option) {
	for _, colleague := range l.Colleagues {
		names = append(names, option{colleague.Login, colleague.Name})
	}
	return names
}

// qualifications are what may be asked of an addressee who is added, the least first.
func qualifications(f *frame) (names []option) {
	for _, q := range []correspondence.Qualification{correspondence.ForInformation, correspondence.ToRead, correspondence.ToDo} {
		names = append(names, option{q.String(), f.T("qualification." + q.String())})
	}
	return names
}

// heldText says who handles a message for one of the reader's groups.
func heldText(f *frame, h *correspondence.HandlingMark) string {
	if h.ByMe {
		return f.T("handling.held-by-me")
	}
	if h.Holder == nil {
		return f.T("handling.state-taken")
	}
	return f.T("handling.held-by", "Name", h.Holder.Name)
}

// wordName is who said something, and in whose place.
func wordName(f *frame, w correspondence.WordView) string {
	if w.For != nil {
		return f.T("handling.on-behalf", "Name", w.By.Name, "Other", w.For.Name)
	}
	return w.By.Name
}

// alertText says whom an alert calls.
func alertText(f *frame, a correspondence.AlertView) string {
	if a.Everybody || len(a.Called) == 0 {
		return f.T("alert.everybody", "Group", calledShort(f, a.Group))
	}
	return f.T("alert.called", "Group", calledShort(f, a.Group), "Name", a.Called[len(a.Called)-1].Name)
}

// addedText says by whom an addressee was added, in whose name and when.
func addedText(f *frame, a *correspondence.AdditionView) string {
	return f.T("message.added-"+a.Ground, "Name", wordName(f, a.WordView), "Group", calledShort(f, a.Through), "When", f.dateTime(a.At))
}

// gapQuery finds by its number what is missing.
func gapQuery(g correspondence.GapView, n uint64) string {
	return "from:" + g.Origin.Key + " " + calledNumber(g.Group) + " " + strconv.FormatUint(n, 10)
}

func calledNumber(a correspondence.AudienceRef) string {
	if a.Timbre != "" {
		return a.Timbre
	}
	return a.Key
}

// searchPiece writes a query as a part of an address.
func searchPiece(query string) string { return url.QueryEscape(query) }

// answerAddress is a new message of the addressee to the origin, in answer.
func answerAddress(m correspondence.MessageView, l correspondence.HandlingLine) string {
	cited := m.Number
	if cited == "" {
		cited = m.ID.String()
	}
	return "/compose?" + url.Values{"reply_to": {cited}, "origin": {l.Key}, "to": {m.Origin.Key}}.Encode()
}
