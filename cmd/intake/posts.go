package intake

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"chancery/tagging"
)

// catchAll names the group of what no post can be made out for.
const catchAll = ""

// department is the one name of the sender and addressee that the American collections write in many ways.
const department = "Washington (Department of State)"

// ownMission matches a mission by which an American collection means its own post: only the town or country behind it matters.
var ownMission = regexp.MustCompile(`(?i)^(?:the )?(?:am|american|united states|u\. ?s\. ?(?:a\. ?)?)?[ -]?(?:legation|embassy|consulate(?:[ -]general)?)` +
	`(?: of\.? the (?:united states|u\. ?s\.)(?: of america| ?a\.)?)?(?:,? (?:in|at|to) (?:the )?[^,]+,|,? (?:in|at|to)(?: the)?|,)? +(.+)$`)

// editors matches where an editor's footnote runs into a name: "Soviet UnionDrafted by Barbour", "Italy Repeated to the Secretary of State".
var editors = regexp.MustCompile(` ?(?:Drafted|Repeated|Attached|This (?:telegram|message)|The (?:telegram|memorandum)|Sent to|Printed|Mr\. |us urgent|niact|priority).*$`)

// classified matches a marking that runs into a name.
var classified = regexp.MustCompile(`^(?i:top secret|secret|confidential|restricted) `)

// post cleans the name of a post or place; catchAll when there is none in it.
func post(name string) string {
	name = strings.TrimFunc(strings.Join(strings.Fields(name), " "), isEdge)
	name = classified.ReplaceAllString(editors.ReplaceAllString(name, ""), "")
	if m := ownMission.FindStringSubmatch(name); m != nil && !strings.HasPrefix(strings.ToLower(m[1]), "of ") {
		name = m[1]
	}
	name = strings.TrimFunc(name, isEdge)
	folded := tagging.Fold(name)
	switch {
	case folded == "washington" || folded == "dept" || strings.HasPrefix(folded, "department") || strings.Contains(folded, "department of state"):
		return department
	case !isPost(name):
		return catchAll
	}
	return name
}

// isEdge is what may stand before or behind a name by accident.
func isEdge(c rune) bool {
	return unicode.IsSpace(c) || strings.ContainsRune(`.,;:'"«»*\/-–—[]`, c)
}

// isPost refuses what is a sentence, a note of the editor or noise rather than a name.
func isPost(name string) bool {
	first, _ := utf8.DecodeRuneInString(name)
	if !unicode.IsUpper(first) || utf8.RuneCountInString(name) > 60 || strings.ContainsAny(name, "0123456789\"?!=<>|") {
		return false
	}
	return strings.Count(name, " ") < 8 && strings.Count(name, "(") == strings.Count(name, ")") && utf8.RuneCountInString(tagging.Fold(name)) > 2 &&
		!strings.HasPrefix(name, "Cf")
}

// copied matches how a collection introduces who got a copy: "rptd Belgrade", "repeated to Moscow".
var copied = regexp.MustCompile(`(?i)^(?:and |also |sent |to |rptd? |repeated |repeat |info(?:rmation)? |for |the |copy |copies |am)+`)

// numbered matches what stands behind a copied post: "Belgrade as 493", "Paris for USRO", "Moscow No".
var numbered = regexp.MustCompile(`(?i)[ ,;]+(?:as|for|no|nos|unnumbered|pass|and|by|eyes only|only|from|in|topol|polto)\b.*$`)

// initials matches the name of a command or mission: USUN, CINCEUR.
var initials = regexp.MustCompile(`^[A-Z]{4,12}$`)

// copiedPost makes out the post in a printed information addressee; catchAll when what stands there is none. A copy is often a person's or
// a broken word, so only the seat of a mission, initials and a post that is known already (see directory.copied) are taken for one.
func (g gazetteer) copiedPost(printed string) (name string, certain bool) {
	name = post(numbered.ReplaceAllString(copied.ReplaceAllString(strings.TrimSpace(printed), ""), ""))
	return name, name == department || g[tagging.Fold(name)] || initials.MatchString(name)
}

// sortOf guesses what a post is, for the group's page.
func (g gazetteer) sortOf(name string) string {
	folded := tagging.Fold(name)
	for _, known := range [...]struct{ word, sort string }{{"consul", "consulate"}, {"legation", "embassy"}, {"embassy", "embassy"}, {"department", "ministry"},
		{"office", "ministry"}, {"ministry", "ministry"}, {"ministere", "ministry"}, {"white house", "cabinet"}, {"united nations", "mission"}, {"mission", "mission"}} {
		if strings.Contains(folded, known.word) {
			return known.sort
		}
	}
	if strings.ContainsAny(name, ",") || initials.MatchString(name) {
		return "service"
	}
	return "embassy"
}

// slug is a name as a key: lower-case ASCII letters, digits and hyphens, at most so many bytes.
func slug(name string, most int) string {
	var key strings.Builder
	for _, c := range tagging.Fold(name) {
		switch {
		case c >= 'a' && c <= 'z' || c >= '0' && c <= '9':
			key.WriteRune(c)
		case key.Len() > 0 && !strings.HasSuffix(key.String(), "-"):
			key.WriteByte('-')
		}
		if key.Len() >= most {
			break
		}
	}
	return strings.Trim(key.String(), "-")
}
