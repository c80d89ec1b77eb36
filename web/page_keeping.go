package web

import (
	"slices"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"chancery/correspondence"
	"chancery/habilitation"
)

// registerKeeping registers what archivists do on the page of a message.
func (s *Server) registerKeeping() {
	acts := map[string]func(*Call, *correspondence.Desk, habilitation.ID) error{
		"file-plan": func(c *Call, d *correspondence.Desk, id habilitation.ID) error {
			return d.Refile(c.ctx, id, c.text("position"), c.text("reason"))
		},
		"freeze": func(c *Call, d *correspondence.Desk, id habilitation.ID) error {
			return d.Freeze(c.ctx, id, c.text("reason"))
		},
		"thaw": func(c *Call, d *correspondence.Desk, id habilitation.ID) error {
			freeze, err := habilitation.ParseID(c.text("freeze"))
			if err != nil {
				return &problem{status: fiber.StatusNotFound, key: "unknown"}
			}
			return d.Thaw(c.ctx, id, freeze, c.text("reason"))
		},
	}
	for _, name := range []string{"file-plan", "freeze", "thaw"} {
		s.page(fiber.MethodPost, "/messages/{id}/"+name, func(c *Call, d *correspondence.Desk) (view, error) {
			id, err := c.identity("id")
			if err != nil {
				return view{}, err
			}
			return view{to: messageAddress(id)}, acts[name](c, d, id)
		})
	}
}

// lifeOf is the life of a message for whoever may see it.
func lifeOf(c *Call, d *correspondence.Desk, m *correspondence.MessageView) (correspondence.LifeView, error) {
	if !m.Keeping.MayFollow {
		return correspondence.LifeView{}, nil
	}
	return d.LifeOf(c.ctx, m.ID)
}

// keepingRefused reports whether a form of the archivists is shown again.
func keepingRefused(f *frame, m correspondence.MessageView) bool {
	address := messageAddress(m.ID)
	return f.refused != nil && slices.Contains([]string{address + "/file-plan", address + "/freeze", address + "/thaw"}, f.refused.to)
}

// lifeText is one thing that happened to a message, in words.
func lifeText(f *frame, one correspondence.LifeEntry) string {
	text := knownWord(f, "life."+one.What, one.What)
	if one.Round > 0 {
		text += " – " + f.T("life.round", "Round", strconv.Itoa(one.Round))
	}
	if one.Audience != nil {
		text += " – " + calledShort(f, *one.Audience)
	}
	if one.Number != "" {
		text += " – " + one.Number
	}
	switch {
	case one.By != nil:
		text += " – " + wordName(f, correspondence.WordView{By: *one.By, For: one.For})
	case one.What == "unheld":
		text += " – " + f.T("life.by-house")
	}
	return text
}

// lifeWords are what was said of it; where the house itself took a word to sign back, those of the key that it gave.
func lifeWords(f *frame, one correspondence.LifeEntry) string {
	if one.What == "unheld" && one.Words != "" {
		return noticeReason(f, correspondence.NoticeView{By: one.By, Reason: one.Words})
	}
	return one.Words
}
