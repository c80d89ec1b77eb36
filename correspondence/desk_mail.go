package correspondence

// receptionOf is how a mail came from outside; nil for what was written here.
func receptionOf(m *Dispatch) *ReceptionView {
	if m.Reception == nil {
		return nil
	}
	v := &ReceptionView{Over: m.Reception.Over, Flaws: []string{}, Unknown: append([]string{}, m.Reception.Unknown...), To: append([]string{}, m.Provenance.To...)}
	for _, f := range m.Reception.Flaws {
		v.Flaws = append(v.Flaws, string(f))
	}
	return v
}
