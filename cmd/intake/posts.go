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

// ownMission matches a mission by which an American collection means its own post in a town: only the town matters.
var ownMission = regexp.MustCompile(`(?i)^(?:the )?(?:american |united states |u\. ?s\. )?(?:legation|embassy|consulate(?:[ -]general)?)(?: of the united states)?(?:,| (?:in|at|to) [^,]+,) +(.+)$`)

// foreignMission tells a mission of another country, whose name stays whole.
var foreignMission = regexp.MustCompile(`(?i)^(?:the )?(?:legation|embassy|consulate) of (?:the )?`)

// post cleans the name of a post or place; catchAll when there is none in it.
func post(name string) string {
	name = strings.TrimFunc(strings.Join(strings.Fields(name), " "), isEdge)
	if m := ownMission.FindStringSubmatch(name); m != nil && (!foreignMission.MatchString(name) || strings.Contains(strings.ToLower(name), "of the united states")) {
		name = strings.TrimFunc(m[1], isEdge)
	}
	folded := tagging.Fold(name)
	switch {
	case folded == "washington" || strings.HasPrefix(folded, "department") || folded == "dept" || strings.Contains(folded, "department of state"):
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
var copied = regexp.MustCompile(`(?i)^(?:and |also |sent |to |rptd? |repeated |repeat |info(?:rmation)? |for |the |copy |copies )+`)

// numbered matches what stands behind a copied post: "Belgrade as 493", "Paris for USRO", "Moscow No".
var numbered = regexp.MustCompile(`(?i)[ ,;]+(?:as|for|no|nos|unnumbered|pass|and|by|eyes only|only|from|in)\b.*$`)

// copiedPost makes out the post in a printed information addressee; catchAll when what stands there is none. Unlike an origin, whose
// record would otherwise have none, a doubtful copy is left out: one or two capitalised words that are no person's.
func copiedPost(printed string) string {
	name := numbered.ReplaceAllString(copied.ReplaceAllString(strings.TrimSpace(printed), ""), "")
	if strings.Count(name, " ") > 2 || strings.ContainsAny(name, "().") {
		return catchAll
	}
	for part := range strings.FieldsSeq(name) {
		if first, _ := utf8.DecodeRuneInString(part); !unicode.IsUpper(first) && len(part) > 3 {
			return catchAll
		}
	}
	return post(name)
}

// sortOf guesses what a post is, for the group's page.
func sortOf(name string) string {
	folded := tagging.Fold(name)
	for _, known := range [...]struct{ word, sort string }{{"consul", "consulate"}, {"department", "ministry"}, {"foreign office", "ministry"},
		{"ministry", "ministry"}, {"ministere", "ministry"}, {"white house", "cabinet"}, {"mission", "mission"}, {"united nations", "mission"}, {"delegation", "mission"}} {
		if strings.Contains(folded, known.word) {
			return known.sort
		}
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
