package web

import (
	"context"
	"fmt"
	"net/url"
	"reflect"
	"strconv"
	"time"

	"github.com/go-playground/validator/v10"
	"github.com/gofiber/fiber/v2"

	"chancery/correspondence"
	"chancery/habilitation"
)

// answerWithin bounds the work for one answer.
const answerWithin = 25 * time.Second

// Call is one request as a handler knows it. It lives no longer than the handler.
type Call struct {
	ctx   context.Context // ends after answerWithin, or with the server
	fiber *fiber.Ctx
	s     *Server
	words *words
	form  url.Values // of a page's form; nil for anything else

	place   *standingAt  // the page at which a refused form is shown again
	refused *refusedForm // what that page shows it with
}

func (s *Server) newCall(c *fiber.Ctx) (*Call, context.CancelFunc) {
	ctx, cancel := context.WithTimeout(s.life, answerWithin)
	return &Call{ctx: ctx, fiber: c, s: s, words: s.wordsFor(c)}, cancel
}

// parameter is a piece of the path, decoded once.
func (c *Call) parameter(name string) string {
	raw := c.fiber.Params(name)
	if c.place != nil {
		raw = c.place.parameters[name]
	}
	decoded, err := url.PathUnescape(raw)
	if err != nil {
		return raw
	}
	return decoded
}

func (c *Call) query(name string) string {
	if c.place != nil {
		return c.place.query.Get(name)
	}
	return c.fiber.Query(name)
}

// identity reads an identity from the path; one that cannot be is as unknown as one that is not there.
func (c *Call) identity(name string) (habilitation.ID, error) {
	id, err := habilitation.ParseID(c.parameter(name))
	if err != nil {
		return id, &problem{status: fiber.StatusNotFound, key: "unknown"}
	}
	return id, nil
}

// input fills a typed request from path, query and body, by the tags that the API's description is made from, and checks its limits.
func (c *Call) input(in any) error {
	value := reflect.ValueOf(in).Elem()
	hasBody, optional := bodyOf(value.Type())
	body := c.fiber.BodyRaw()
	switch {
	case hasBody && (len(body) > 0 || !optional):
		if err := readStrict(body, in); err != nil {
			return err
		}
	case !hasBody && len(body) > 0:
		return &problem{status: fiber.StatusBadRequest, key: "unexpected-body"}
	}
	if err := c.fillParameters(value); err != nil {
		return err
	}
	return checkLimits(c.s.validate, in)
}

// bodyOf reports whether requests of this type have a JSON body, and whether it may be left out (a field tagged body:"optional").
func bodyOf(t reflect.Type) (has, optional bool) {
	if t.Kind() != reflect.Struct {
		return true, false
	}
	for i := range t.NumField() {
		field := t.Field(i)
		if field.Tag.Get("body") == "optional" {
			optional = true
		}
		if field.Tag.Get("json") != "-" {
			has = true
		}
	}
	return has, optional
}

func (c *Call) fillParameters(value reflect.Value) error {
	t := value.Type()
	if t.Kind() != reflect.Struct {
		return nil
	}
	for i := range t.NumField() {
		field := t.Field(i)
		if name := field.Tag.Get("path"); name != "" {
			if setText(value.Field(i), c.parameter(name)) != nil {
				return &problem{status: fiber.StatusNotFound, key: "unknown"}
			}
		}
		name := field.Tag.Get("query")
		if name == "" || c.query(name) == "" {
			continue
		}
		if setText(value.Field(i), c.query(name)) != nil {
			return invalid(correspondence.Fault{Field: name, Key: "wrong-type"})
		}
	}
	return nil
}

// setText sets a parameter from its text: a string, a whole number, a truth value, or anything that reads itself from text.
func setText(to reflect.Value, text string) error {
	if reader, ok := to.Addr().Interface().(interface{ UnmarshalText([]byte) error }); ok {
		if err := reader.UnmarshalText([]byte(text)); err != nil {
			return fmt.Errorf("read parameter: %w", err)
		}
		return nil
	}
	switch to.Kind() {
	case reflect.String:
		to.SetString(text)
	case reflect.Int:
		n, err := strconv.Atoi(text)
		if err != nil {
			return fmt.Errorf("read number: %w", err)
		}
		to.SetInt(int64(n))
	case reflect.Uint64:
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			return fmt.Errorf("read number: %w", err)
		}
		to.SetUint(n)
	case reflect.Bool:
		b, err := strconv.ParseBool(text)
		if err != nil {
			return fmt.Errorf("read truth value: %w", err)
		}
		to.SetBool(b)
	default:
		return fmt.Errorf("parameter of kind %s", to.Kind())
	}
	return nil
}

// invalid is a refusal of what was asked, with the faults named.
func invalid(faults ...correspondence.Fault) error {
	return &correspondence.Refusal{Cause: correspondence.Invalid, Faults: faults}
}

// checkLimits checks a value against its validate tags; faults are named as in the JSON form.
func checkLimits(v *validator.Validate, in any) error {
	if bare(reflect.TypeOf(in)).Kind() != reflect.Struct {
		return nil
	}
	err := v.Struct(in)
	if err == nil {
		return nil
	}
	found, ok := err.(validator.ValidationErrors) //nolint:errorlint // the validator documents this very type
	if !ok {
		return fmt.Errorf("check limits: %w", err)
	}
	var faults []correspondence.Fault
	for _, f := range found {
		faults = append(faults, correspondence.Fault{Field: fieldPlace(f.Namespace()), Key: limitKey(f.Tag()), Args: limitArgs(f)})
	}
	return invalid(faults...)
}
