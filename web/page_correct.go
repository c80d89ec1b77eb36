package web

import (
	"chancery/correspondence"
	"chancery/habilitation"
)

// mayCorrect reports whether the reader writes in the name of the origin of a message that this house released.
func mayCorrect(c *Call, d *correspondence.Desk, m correspondence.MessageView) (bool, error) {
	if m.Imported || m.Received {
		return false, nil
	}
	origins, err := d.Origins(c.ctx)
	if err != nil {
		return false, err
	}
	for _, origin := range origins {
		if origin.Key == m.Origin.Key {
			return true, nil
		}
	}
	return false, nil
}

// correction is the beginning of a message that corrects another: to the same, at the same level, about the same. The text is the pen's.
func correction(c *Call, d *correspondence.Desk, id habilitation.ID) (correspondence.Form, error) {
	m, err := d.Message(c.ctx, id)
	if err != nil {
		return correspondence.Form{}, err
	}
	f := correspondence.Form{Kind: m.Kind.String(), Origin: m.Origin.Key, Level: m.Level.String(), Language: m.Language, Subject: m.Subject, Summary: m.Summary,
		Text: m.Text, Comment: m.Comment, Corrects: &correspondence.FormCorrection{Message: m.ID.String(), How: correspondence.Rectifies.String()}}
	if m.Number != "" {
		f.Corrects.Message = m.Number
	}
	for _, tag := range m.Tags {
		f.Tags = append(f.Tags, tag.Key)
	}
	for _, to := range m.Addressees {
		switch {
		case to.Added != nil || to.Collective != "":
		case to.Role == correspondence.Action:
			f.Action = append(f.Action, correspondence.FormAddressee{Group: to.Key})
		default:
			f.Info = append(f.Info, correspondence.FormAddressee{Group: to.Key})
		}
	}
	return f, nil
}
