package correspondence

import (
	"encoding/hex"
	"slices"
)

// particulars fills in the fields that only some messages have.
func (d *Desk) particulars(v *MessageView, m *Dispatch) {
	p := &m.Particulars
	v.DistributionClass, v.Countries, v.Persons, v.FreeTags = p.DistributionClass, p.Countries, p.Persons, p.FreeTags
	v.LevelReason, v.AudienceMention, v.HandlingInstructions, v.External = p.LevelReason, p.AudienceMention, p.HandlingInstructions, p.External
	v.ReplyBefore, v.ValidUntil, v.NotBefore = moment(p.ReplyBefore), moment(p.ValidUntil), moment(p.NotBefore)
	v.SilenceUntil, v.ReassessOn = moment(p.SilenceUntil), moment(p.ReassessOn)
	v.InReplyTo, v.Follows = d.relation(p.InReplyTo), d.relation(p.Follows)
	if c := p.Corrects; c != nil {
		v.Corrects = &CorrectionView{How: c.How, ReferenceView: d.reference(Reference{Text: c.Number, Message: c.Message})}
		v.Corrects.Banners = slices.DeleteFunc(v.Corrects.Banners, func(b Banner) bool { return b.ID == m.ID }) // said by How
	}
	for i := range p.Exempted {
		v.Exempted = append(v.Exempted, d.house.Folds.party(&p.Exempted[i], m.Language))
	}
	for _, c := range p.Collectives {
		v.Collectives = append(v.Collectives, CollectiveView{Key: c.Key, Name: d.house.Folds.collectiveName(&c, m.Language), Role: c.Role, Members: len(c.Audiences)})
	}
	v.LevelOwner, v.Keeping = d.house.Folds.party(&m.Origin, m.Language), d.keepingView(m)
	if p.LevelOwner != nil {
		v.LevelOwner = d.house.Folds.party(p.LevelOwner, m.Language)
	}
	d.authorization(v, m)
}

// authorization fills in by what hands the message went.
func (d *Desk) authorization(v *MessageView, m *Dispatch) {
	v.OwnEdit = m.OwnEdit
	if m.OnBehalf != nil {
		v.OnBehalf = person(*m.OnBehalf)
	}
	if _, digest, ok := splitOriginal(m.Original); ok {
		v.ContentDigest = hex.EncodeToString(digest[:])
	}
	for i := range m.Visas {
		visa := &m.Visas[i]
		line := VisaView{Reviewer: AgentRef{Login: visa.Person.Login, Name: visa.Person.Name}, Group: d.house.Folds.party(&visa.Group, m.Language), Round: visa.Round,
			Verdict: visa.Verdict, At: visa.At, Comment: visa.Comment, Same: visa.Digest == v.ContentDigest}
		line.Valid, line.Reasons = d.house.visaVerdict(m.ID, visa)
		if visa.For != nil {
			line.For = person(*visa.For)
		}
		v.Visas = append(v.Visas, line)
	}
}

func (d *Desk) relation(r Reference) *ReferenceView {
	if r == (Reference{}) {
		return nil
	}
	v := d.reference(r)
	return &v
}
