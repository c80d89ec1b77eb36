package web

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"chancery/correspondence"
	"chancery/habilitation"
)

// may reports whether the agent may do something with a draft now.
func may(draft correspondence.DraftView, act string) bool { return slices.Contains(draft.May, act) }

// may is the same of a sheet.
func (p sheet) may(act string) bool { return may(p.draft, act) }

func draftAddress(id habilitation.ID) string { return "/drafts/" + id.String() }

// circuitAddress is where what is decided about a standing draft is sent.
func circuitAddress(draft correspondence.DraftView) string {
	return draftAddress(draft.ID) + "/circuit"
}

// typedStep is one line of reviewers as it was typed.
type typedStep struct {
	typed string
	any   bool
}

func (s typedStep) how() string {
	if s.any {
		return "any"
	}
	return ""
}

// typedSteps are the lines of reviewers that were typed; one that names nobody is no line.
func typedSteps(sent url.Values) (lines []typedStep) {
	for i, line := range sent["step"] {
		if len(listed(line)) > 0 {
			lines = append(lines, typedStep{line, nth(sent["step.any"], i) == "any"})
		}
	}
	return lines
}

// blankSteps is how many lines of reviewers a form offers at least.
const blankSteps = 3

// stepsToFill are the lines of a form: what was typed, or what stands, with at least one that is empty.
func stepsToFill(in *filling, stand []typedStep) []typedStep {
	lines := typedSteps(in.sent)
	if !in.refused() {
		lines = stand
	}
	return append(slices.Clip(lines), make([]typedStep, max(1, blankSteps-len(lines)))...)
}

// stepField is the place of a line of reviewers, as faults name it.
func stepField(i int) string { return fmt.Sprintf("steps[%d]", i) }

func needs(step correspondence.StepView) string {
	if step.All {
		return "all"
	}
	return "any"
}

func reviewerName(f *frame, r correspondence.ReviewerView) string {
	if r.Group != nil {
		return calledWhole(f, *r.Group)
	}
	if r.Agent != nil {
		return r.Agent.Name
	}
	return ""
}

// visaBy names who gave a visa, where that is not whom it was asked of alone.
func visaBy(f *frame, r correspondence.ReviewerView) string {
	switch {
	case r.For != nil:
		return f.T("circuit.in-stead", "Name", r.By.Name, "For", r.For.Name)
	case r.Group != nil:
		return r.By.Name
	}
	return ""
}

// visaName names who gave a visa of a message, and for whom.
func visaName(f *frame, v correspondence.VisaView) string {
	name := v.Reviewer.Name
	if v.For != nil {
		name = f.T("circuit.in-stead", "Name", name, "For", v.For.Name)
	}
	if v.Group.Key != "" {
		name += " (" + calledShort(f, v.Group) + ")"
	}
	return name
}

func heldBy(f *frame, h correspondence.HoldView) string {
	if h.For != nil {
		return f.T("held.by-for", "Name", h.By.Name, "For", h.For.Name)
	}
	return f.T("held.by", "Name", h.By.Name)
}

// clock is a moment to the second, with its day when that is not today.
func (f *frame) clock(t time.Time) string {
	t = t.In(f.now.Location())
	if t.YearDay() == f.now.YearDay() && t.Year() == f.now.Year() {
		return t.Format("15:04:05")
	}
	return f.Deadline(t, f.now)
}

func namesOf(agents []correspondence.AgentRef) string {
	names := make([]string, len(agents))
	for i, a := range agents {
		names[i] = a.Name
	}
	return strings.Join(names, ", ")
}

func draftSubject(f *frame, subject string) string {
	if strings.TrimSpace(subject) == "" {
		return f.T("row.no-subject")
	}
	return subject
}

func kindOf(f *frame, kind string) string { return knownWord(f, "kind."+kind, kind) }

// versionText is a version of a draft in a list to choose from.
func versionText(f *frame, v correspondence.VersionView) string {
	text := f.T("version."+v.Kind) + " · " + f.rowTime(v.SavedAt)
	if v.By != nil {
		text += " · " + v.By.Name
	}
	for _, round := range v.Rounds {
		text += " · " + f.T("version.round", "N", fmt.Sprint(round))
	}
	if v.MyVisa {
		text += " · " + f.T("version.my-visa")
	}
	return text
}

// trayState is where a draft of the tray stands, in one line.
func trayState(f *frame, line correspondence.TrayLine) string {
	v := line.Circuit
	switch {
	case v.Hold != nil:
		return f.T("circuit.line-held", "Name", v.Hold.By.Name, "Until", f.clock(v.Hold.Until))
	case v.Ending != nil:
		return f.T("circuit.ended-"+v.Ending.Why, "Name", v.Ending.By.Name) + " " + f.rowTime(v.Ending.At)
	case v.State == "in-visa" && v.Submitter != nil:
		return f.T("circuit.line-in-visa", "Name", v.Submitter.Name, "N", fmt.Sprint(v.Step), "Of", fmt.Sprint(len(v.Steps)))
	}
	return f.T("circuit.state-"+v.State) + " · " + f.rowTime(line.Since)
}

func trayEmpty(t correspondence.Tray) bool {
	return len(t.ToReview)+len(t.ToSign)+len(t.Held)+len(t.Returned)+len(t.Waiting) == 0
}

func noticeText(f *frame, n correspondence.NoticeView) string {
	if n.By == nil {
		return f.T("notice." + n.What + "-house")
	}
	return f.T("notice."+n.What, "Name", n.By.Name)
}

// noticeReason is a reason in the words it was given in, or, where the house itself took a word back, that of the key it gave.
func noticeReason(f *frame, n correspondence.NoticeView) string {
	if n.By != nil {
		return n.Reason
	}
	for _, key := range []string{"problem." + n.Reason + ".detail", "notice.because-" + n.Reason} {
		if f.has(key) {
			return f.T(key)
		}
	}
	return f.T("notice.because-other")
}
