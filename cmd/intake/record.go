package intake

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// record is one line as its archive wrote it. Keys that are not listed are passed over.
type record struct {
	ID     word `json:"id"`
	Corpus word `json:"corpus"`
	Source struct {
		Series      word `json:"series"`
		Volume      word `json:"volume"`
		VolumeTitle word `json:"volume_title"`
		Document    word `json:"document"`
		Pages       list `json:"pages"`
		URL         word `json:"url"`
	} `json:"source"`
	Licence        word  `json:"licence"`
	Type           word  `json:"type"`
	TypeBasis      word  `json:"type_basis"`
	Number         word  `json:"number"`
	NumberPrinted  word  `json:"number_printed"`
	Date           word  `json:"date"`
	DateBasis      word  `json:"date_basis"`
	DatePrinted    word  `json:"date_printed"`
	Received       word  `json:"received_printed"`
	FileDate       word  `json:"file_date"`
	Place          word  `json:"place"`
	From           party `json:"from"`
	To             crowd `json:"to"`
	InfoTo         crowd `json:"info_to"`
	Classification word  `json:"classification"`
	Normal         word  `json:"classification_norm"`
	Handling       list  `json:"handling"`
	RegistryMarks  list  `json:"registry_marks"`
	FileNumber     word  `json:"file_number"`
	Title          word  `json:"title"`
	Subject        word  `json:"subject"`
	SubjectBasis   word  `json:"subject_basis"`
	Signed         word  `json:"signed"`
	Drafting       word  `json:"drafting"`
	Tags           struct {
		Countries  list `json:"countries"`
		Sections   list `json:"sections"`
		IndexTerms list `json:"index_terms"`
	} `json:"tags"`
	Language   word `json:"language"`
	Paragraphs word `json:"paragraphs"`
	Body       word `json:"body"`
	SourceNote word `json:"source_note"`
	Flags      list `json:"quality_flags"`
}

// word is a text that may also be written as a number or left null.
type word string

// UnmarshalJSON takes a text, a number or null.
func (w *word) UnmarshalJSON(text []byte) error {
	switch {
	case string(text) == "null":
		*w = ""
	case text[0] == '"':
		return json.Unmarshal(text, (*string)(w))
	case text[0] == '-' || text[0] >= '0' && text[0] <= '9':
		*w = word(text)
	default:
		return errors.New("a text is expected")
	}
	return nil
}

// list is any number of texts; one alone may stand without brackets.
type list []string

// UnmarshalJSON takes an array of texts, numbers and nulls, a single one, or null.
func (l *list) UnmarshalJSON(text []byte) error {
	*l = nil
	var words []word
	if text[0] != '[' {
		words = make([]word, 1)
		if err := words[0].UnmarshalJSON(text); err != nil {
			return errors.New("a list of texts is expected")
		}
	} else if err := json.Unmarshal(text, &words); err != nil {
		return errors.New("a list of texts is expected")
	}
	for _, w := range words {
		if w != "" {
			*l = append(*l, string(w))
		}
	}
	return nil
}

// party is who a record is from or to: as printed, and the post where one was made out.
type party struct {
	Raw  word `json:"raw"`
	Name word `json:"name"`
	Role word `json:"role"`
	Post word `json:"post"`
}

// UnmarshalJSON takes an object, a text alone, or null.
func (p *party) UnmarshalJSON(text []byte) error {
	*p = party{}
	if text[0] != '{' {
		return p.Raw.UnmarshalJSON(text)
	}
	type plain party
	return json.Unmarshal(text, (*plain)(p))
}

// printed is the party as printed, or as near to it as the record comes.
func (p party) printed() string {
	for _, w := range []word{p.Raw, p.Name, p.Role, p.Post} {
		if w != "" {
			return string(w)
		}
	}
	return ""
}

// crowd is any number of parties.
type crowd []party

// UnmarshalJSON takes an array, one party alone, or null.
func (c *crowd) UnmarshalJSON(text []byte) error {
	*c = nil
	if text[0] == '[' {
		return json.Unmarshal(text, (*[]party)(c))
	}
	var one party
	if err := one.UnmarshalJSON(text); err != nil {
		return err
	}
	if one != (party{}) {
		*c = crowd{one}
	}
	return nil
}

var errNoIdentity = errors.New("it has no id of up to 200 plain characters")

// identity is what a record's id may be: it names the record for ever.
var identity = regexp.MustCompile(`^[\p{L}\p{N}][\p{L}\p{N}/._:#-]{0,199}$`)

// parse reads one line; the error is fit to be shown beside the line's number.
func parse(line []byte) (*record, error) {
	r := &record{}
	if err := json.Unmarshal(line, r); err != nil {
		return nil, fmt.Errorf("not a record in JSON: %s", reasonOf(err))
	}
	if err := checkKeys(json.NewDecoder(bytes.NewReader(line))); err != nil {
		return nil, err
	}
	if !identity.MatchString(string(r.ID)) {
		return nil, errNoIdentity
	}
	return r, nil
}

// reasonOf shortens what the decoder says to what helps to find the fault.
func reasonOf(err error) string {
	var wrongType *json.UnmarshalTypeError
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &wrongType):
		return fmt.Sprintf("key %q holds a %s", wrongType.Field, wrongType.Value)
	case errors.As(err, &syntax):
		return fmt.Sprintf("at byte %d, %s", syntax.Offset, strings.ToLower(syntax.Error()))
	}
	return err.Error()
}

// checkKeys refuses a key that stands twice in one object of a value that is known to be well-formed: which of the two is meant, nobody can
// tell. Keys are one key where encoding/json takes them for one, in whatever case.
func checkKeys(decoder *json.Decoder) error {
	token, err := decoder.Token()
	open, nested := token.(json.Delim)
	if err != nil || !nested {
		return err
	}
	seen := make(map[string]bool)
	for decoder.More() {
		if open == '{' {
			token, err = decoder.Token()
			if err != nil {
				return err
			}
			key, _ := token.(string)
			folded := strings.ToLower(strings.ToUpper(key))
			if seen[folded] {
				return fmt.Errorf("key %q stands twice", key)
			}
			seen[folded] = true
		}
		if err := checkKeys(decoder); err != nil {
			return err
		}
	}
	_, err = decoder.Token()
	return err
}
