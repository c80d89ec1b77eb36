package web

import (
	"bytes"
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"

	"chancery/correspondence"
)

// maxDepth is how deep a body may nest.
const maxDepth = 32

// readStrict reads one JSON value into *to and refuses what encoding/json lets pass: unknown keys, a key given twice, a key in another
// case, invalid UTF-8, nesting beyond maxDepth, anything after the value. Every such fault is named by its place.
func readStrict(body []byte, to any) error {
	malformed := func(key string, faults ...correspondence.Fault) error {
		return &problem{status: fiber.StatusBadRequest, key: key, faults: faults}
	}
	if len(bytes.TrimSpace(body)) == 0 {
		return malformed("empty")
	}
	if bytes.Equal(bytes.TrimSpace(body), []byte("null")) { // would leave everything unsaid
		return malformed("malformed")
	}
	if !utf8.Valid(body) {
		return malformed("not-utf8")
	}
	walk := &jsonWalk{decoder: json.NewDecoder(bytes.NewReader(body))}
	walk.decoder.UseNumber()
	err := walk.value(reflect.TypeOf(to).Elem(), 0)
	if err == nil {
		_, err = walk.decoder.Token()
		if errors.Is(err, io.EOF) {
			err = nil
		} else {
			err = errMoreThanOne
		}
	}
	switch {
	case errors.Is(err, errTooDeep):
		return malformed("too-deep")
	case errors.Is(err, errMoreThanOne):
		return malformed("more-than-one")
	case err != nil:
		return malformed("not-json")
	case len(walk.faults) > 0:
		return malformed("malformed", walk.faults...)
	}
	if err := json.Unmarshal(body, to); err != nil {
		return malformed("malformed", unreadable(err))
	}
	return nil
}

// unreadable names the field whose value has the wrong type or cannot be read.
func unreadable(err error) correspondence.Fault {
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		return correspondence.Fault{Field: wrong.Field, Key: "wrong-type"}
	}
	return correspondence.Fault{Key: "unreadable"}
}

var (
	errTooDeep     = errors.New("nested too deep")
	errMoreThanOne = errors.New("more than one value")
)

// maxNamed is how many faults of form one answer names.
const maxNamed = 20

// jsonWalk goes through a body beside the Go type that will receive it.
type jsonWalk struct {
	decoder *json.Decoder
	place   []byte // of what is being read: "action[1].when"; made into a text only for a fault, so that no key is copied for each value under it
	faults  []correspondence.Fault
}

// fault notes what is wrong at the place that is being read.
func (w *jsonWalk) fault(key string) {
	if len(w.faults) < maxNamed {
		w.faults = append(w.faults, correspondence.Fault{Field: shorten(w.place), Key: key})
	}
}

// maxPlace is how much of a place a fault names, in bytes.
const maxPlace = 200

func shorten(place []byte) string {
	if len(place) > maxPlace {
		return strings.ToValidUTF8(string(place[:maxPlace]), "") + "…"
	}
	return string(place)
}

// value reads one value; t is nil where the type does not know what stands here.
func (w *jsonWalk) value(t reflect.Type, depth int) error {
	if depth > maxDepth {
		return errTooDeep
	}
	token, err := w.decoder.Token()
	if err != nil {
		return fmt.Errorf("read value: %w", err)
	}
	delim, ok := token.(json.Delim)
	if !ok {
		return nil
	}
	if delim == '{' {
		return w.object(t, depth)
	}
	return w.array(t, depth)
}

func (w *jsonWalk) array(t reflect.Type, depth int) error {
	element := reflect.Type(nil)
	if t = bare(t); t != nil && t.Kind() == reflect.Slice {
		element = t.Elem()
	}
	around := len(w.place)
	for i := 0; w.decoder.More(); i++ {
		w.place = append(strconv.AppendInt(append(w.place, '['), int64(i), 10), ']')
		if err := w.value(element, depth+1); err != nil {
			return err
		}
		w.place = w.place[:around]
	}
	return w.close()
}

func (w *jsonWalk) object(t reflect.Type, depth int) error {
	fields, isStruct := jsonFields(t)
	seen := map[string]bool{}
	around := len(w.place)
	for w.decoder.More() {
		token, err := w.decoder.Token()
		if err != nil {
			return fmt.Errorf("read key: %w", err)
		}
		key, _ := token.(string)
		if around > 0 {
			w.place = append(w.place, '.')
		}
		w.place = append(w.place, key...)
		field, known := fields[key]
		folded := strings.ToLower(key)
		switch {
		case seen[folded]:
			w.fault("doubled-key")
		case isStruct && !known:
			w.fault("unknown-key")
		}
		seen[folded] = true
		if err := w.value(field, depth+1); err != nil {
			return err
		}
		w.place = w.place[:around]
	}
	return w.close()
}

// close reads the delimiter that ends an array or an object.
func (w *jsonWalk) close() error {
	if _, err := w.decoder.Token(); err != nil {
		return fmt.Errorf("read end: %w", err)
	}
	return nil
}

// bare takes pointers off a type.
func bare(t reflect.Type) reflect.Type {
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t
}

var textUnmarshaler = reflect.TypeFor[encoding.TextUnmarshaler]()

// jsonFields is the exact keys of a struct with their types; false when t is no struct that JSON writes as an object.
func jsonFields(t reflect.Type) (map[string]reflect.Type, bool) {
	t = bare(t)
	if t == nil || t.Kind() != reflect.Struct || t == reflect.TypeFor[time.Time]() || reflect.PointerTo(t).Implements(textUnmarshaler) {
		return nil, false
	}
	fields := map[string]reflect.Type{}
	for i := range t.NumField() {
		field := t.Field(i)
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		switch {
		case name == "-":
		case field.Anonymous && name == "":
			embedded, _ := jsonFields(field.Type)
			for key, kind := range embedded {
				fields[key] = kind
			}
		case field.IsExported():
			if name == "" {
				name = field.Name
			}
			fields[name] = field.Type
		}
	}
	return fields, true
}
