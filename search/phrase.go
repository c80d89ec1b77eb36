package search

// Succession is words that follow one another, ready to be looked for in many texts. Each word of a text is looked at about once, however long
// the succession is and however it repeats itself (Knuth, Morris and Pratt, Fast Pattern Matching in Strings, 1977). It is immutable.
type Succession struct {
	words []string // folded
	back  []int    // by how many words have followed: how many of the last of them begin the succession as well
}

// NewSuccession prepares folded words, such as Clause.Words gives. The slice is kept.
func NewSuccession(words []string) Succession {
	s := Succession{words: words, back: make([]int, len(words)+1)}
	followed := 0
	for i := 1; i < len(words); i++ {
		followed = s.follow(followed, []byte(words[i]))
		s.back[i+1] = followed
	}
	return s
}

// follow takes the next word of a text, where so many words of the succession have followed, and tells how many have with it. All of them
// have when it is len(words), which is possible again at the next word.
func (s Succession) follow(followed int, folded []byte) int {
	for followed == len(s.words) || s.words[followed] != string(folded) {
		if followed == 0 {
			return 0
		}
		followed = s.back[followed]
	}
	return followed + 1
}

// In reports whether the words follow one another in one part of the document, one name or one number. No words are in nothing.
func (s Succession) In(d *Document) bool {
	if len(s.words) == 0 {
		return false
	}
	if s.inText(d.Subject) || s.inText(d.Summary) || s.inText(d.Text) || s.inText(d.Files) {
		return true
	}
	for _, parts := range [...][]string{d.Names, d.Numbers} {
		for _, part := range parts {
			if s.inText(part) {
				return true
			}
		}
	}
	return false
}

func (s Succession) inText(text string) bool {
	if len(text) < len(s.words) {
		return false
	}
	followed := 0
	for words := (scanner{text: text}); words.next(); {
		if followed = s.follow(followed, words.folded); followed == len(s.words) {
			return true
		}
	}
	return false
}
