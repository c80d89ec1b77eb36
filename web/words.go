package web

import (
	"embed"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"

	"chancery/correspondence"
	"chancery/habilitation"
)

//go:embed locales/*.json
var locales embed.FS

// catalogue is every sentence of the interface in every language, French first.
type catalogue struct {
	matcher language.Matcher
	tongues []*words
}

// words speaks one language.
type words struct {
	lang      string // "fr" or "en"
	localizer *i18n.Localizer
	plain     map[string]string // the sentences without a gap to fill
	known     map[string]bool   // every key
}

var languages = []language.Tag{language.French, language.English}

func loadCatalogue() (*catalogue, error) {
	bundle := i18n.NewBundle(language.French)
	c := &catalogue{matcher: language.NewMatcher(languages)}
	for _, tag := range languages {
		name := "locales/active." + tag.String() + ".json"
		raw, err := locales.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("read catalogue: %w", err)
		}
		file, err := bundle.ParseMessageFileBytes(raw, name)
		if err != nil {
			return nil, fmt.Errorf("parse %s: %w", name, err)
		}
		w := &words{lang: tag.String(), plain: map[string]string{}, known: map[string]bool{}}
		for _, m := range file.Messages {
			w.known[m.ID] = true
			if m.One == "" && !strings.Contains(m.Other, "{{") {
				w.plain[m.ID] = m.Other
			}
		}
		c.tongues = append(c.tongues, w)
	}
	for _, w := range c.tongues {
		w.localizer = i18n.NewLocalizer(bundle, w.lang)
	}
	return c, nil
}

// in finds the words of a language by its name; nil for one that the house does not speak.
func (c *catalogue) in(lang string) *words {
	for _, w := range c.tongues {
		if w.lang == lang {
			return w
		}
	}
	return nil
}

// wordsFor is the language of an answer: what the reader chose, else what the browser prefers, else French.
func (s *Server) wordsFor(c *fiber.Ctx) *words {
	for _, chosen := range []string{c.Query("lang"), s.cookie(c, languageCookie)} {
		if w := s.catalogue.in(chosen); w != nil {
			return w
		}
	}
	_, index := language.MatchStrings(s.catalogue.matcher, c.Get("Accept-Language"))
	return s.catalogue.tongues[index]
}

// T is the sentence for a key; pairs are the names and values of its gaps. A value named Count chooses the plural.
func (w *words) T(key string, pairs ...any) string {
	if sentence, ok := w.plain[key]; ok {
		return sentence
	}
	data := make(map[string]any, len(pairs)/2)
	var count any
	for i := 0; i+1 < len(pairs); i += 2 {
		name, _ := pairs[i].(string)
		data[name] = pairs[i+1]
		if n, ok := pairs[i+1].(int); ok {
			data[name] = w.Number(n)
			if name == "Count" {
				count = n
			}
		}
	}
	sentence, err := w.localizer.Localize(&i18n.LocalizeConfig{MessageID: key, TemplateData: data, PluralCount: count})
	if err != nil {
		return key // a test walks every page for keys that were not found
	}
	return sentence
}

// has reports whether the catalogue knows a key that was put together.
func (w *words) has(key string) bool { return w.known[key] }

// Label is a name in this language.
func (w *words) Label(l habilitation.Label) string { return l.In(w.lang) }

// Corrected says by what a message was corrected, and on what day in a zone.
func (w *words) Corrected(b correspondence.Banner, zone *time.Location) string {
	return w.T("paper.corrected-"+b.How.String(), "Number", b.Number, "Date", w.Date(b.ReleasedAt.In(zone)))
}

// Level is a level in plain words.
func (w *words) Level(l habilitation.Level) string { return w.T("level." + l.String()) }

// Fault is the sentence for a fault, for programs: its times are in UTC and say so.
func (w *words) Fault(f correspondence.Fault) string {
	return w.fault(f, func(at time.Time) string { return w.DateTime(at.UTC()) + " UTC" })
}

// fault is the sentence for a fault; one whose key has no sentence is told by a general one that names the key.
func (w *words) fault(f correspondence.Fault, tell func(time.Time) string) string {
	key := "fault." + f.Key
	if f.Key == "unknown-choice" && f.Args["choices"] == "" {
		key = "fault.not-a-choice" // where the choices stand on the page
	}
	if !w.has(key) {
		return w.T("fault.other", "Key", f.Key)
	}
	var pairs []any
	for name, value := range f.Args {
		if at, err := time.Parse(time.RFC3339, value); name == "at" && err == nil {
			value = tell(at)
		}
		pairs = append(pairs, name, value)
	}
	return w.T(key, pairs...)
}

func (w *words) problemTitle(p *problem) string  { return w.problemText(p, "title") }
func (w *words) problemDetail(p *problem) string { return w.problemText(p, "detail") }

// problemText is the sentence for a problem; a key without one is told by its status.
func (w *words) problemText(p *problem, part string) string {
	key := "problem." + p.key + "." + part
	if !w.has(key) {
		key = "problem.status-" + strconv.Itoa(p.status) + "." + part
	}
	if !w.has(key) {
		key = "problem.malformed." + part
	}
	return w.T(key, "Incident", p.incident, "Minutes", minutes(p.retry))
}

// Number writes a whole number with the spaces or commas of the language.
func (w *words) Number(n int) string {
	digits := strconv.Itoa(n)
	separator := ","
	if w.lang == "fr" {
		separator = "\u202f"
	}
	sign := ""
	if strings.HasPrefix(digits, "-") {
		sign, digits = "-", digits[1:]
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + separator + digits[i:]
	}
	return sign + digits
}
