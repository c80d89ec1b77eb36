package web

import (
	"encoding"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/swaggest/jsonschema-go"
	"github.com/swaggest/openapi-go"
	"github.com/swaggest/openapi-go/openapi31"

	"chancery/correspondence"
	"chancery/habilitation"
)

// describe writes the OpenAPI 3.1 document from the registered routes and the types that their handlers take and give.
func (s *Server) describe() ([]byte, error) {
	reflector := openapi31.NewReflector()
	reflector.Spec.Info.WithTitle("Chancery").WithVersion(s.options.Version).
		WithDescription("Formal correspondence: read, search, write, release, and verify. A pass is shown as a bearer token or in the cookie " +
			"that signing in sets. What the reader may not see and what does not exist are one answer.")
	reflector.Spec.SetHTTPBearerTokenSecurity("bearer", "JWT", "the access_token of POST /api/v1/session")
	reflector.Spec.SetAPIKeySecurity("cookie", s.cookieName(accessCookie), openapi.InCookie, "set by POST /api/v1/session")
	reflector.JSONSchemaReflector().DefaultOptions = append(reflector.JSONSchemaReflector().DefaultOptions,
		jsonschema.InterceptProp(describeProperty), jsonschema.InterceptNullability(describeNullability),
		jsonschema.InterceptSchema(describeNames), jsonschema.InterceptDefName(shortName))
	for _, r := range s.routes {
		if r.api == nil {
			continue
		}
		if err := describeOperation(reflector, r); err != nil {
			return nil, fmt.Errorf("describe %s %s: %w", r.method, r.path, err)
		}
	}
	document, err := json.MarshalIndent(reflector.Spec, "", " ")
	if err != nil {
		return nil, fmt.Errorf("write description: %w", err)
	}
	return document, nil
}

func describeOperation(reflector *openapi31.Reflector, r route) error {
	o, err := reflector.NewOperationContext(r.method, r.path)
	if err != nil {
		return fmt.Errorf("begin operation: %w", err)
	}
	o.SetSummary(r.api.summary)
	o.SetTags(r.api.tag)
	o.SetID(operationName(r))
	o.AddReqStructure(r.api.in, openapi.WithCustomize(func(body openapi.ContentOrReference) {
		_, optional := bodyOf(reflect.TypeOf(r.api.in).Elem())
		if b, ok := body.(*openapi31.RequestBodyOrReference); ok && b.RequestBody != nil && !optional {
			b.RequestBody.WithRequired(true)
		}
	}))
	describeSuccess(o, r.api)
	causes := slices.Clone(r.api.causes)
	if r.policy == pass {
		o.AddSecurity("bearer")
		o.AddSecurity("cookie")
		causes = append(causes, 401)
	}
	if strings.Contains(r.path, "{") {
		causes = append(causes, 404)
	}
	slices.Sort(causes)
	for _, status := range slices.Compact(causes) {
		o.AddRespStructure(nil, openapi.WithHTTPStatus(status), openapi.WithCustomize(func(answer openapi.ContentOrReference) {
			*answer.(*openapi31.ResponseOrReference) = problemResponse(http.StatusText(status))
		}))
	}
	describeDefault(reflector, o)
	if err := reflector.AddOperation(o); err != nil {
		return fmt.Errorf("add operation: %w", err)
	}
	return nil
}

// problemResponse refers to the one description of every refusal.
func problemResponse(what string) openapi31.ResponseOrReference {
	return openapi31.ResponseOrReference{Reference: new(openapi31.Reference).WithRef("#/components/responses/Problem").WithDescription(what)}
}

// describeDefault says what any other status answers. The first operation describes it for all, since to reflect its types for each status of
// each operation would take a second.
func describeDefault(reflector *openapi31.Reflector, o openapi.OperationContext) {
	components := reflector.Spec.ComponentsEns()
	_, described := components.Responses["Problem"]
	var structure any
	if !described {
		structure = new(Problem)
	}
	o.AddRespStructure(structure, func(cu *openapi.ContentUnit) {
		cu.IsDefault, cu.ContentType, cu.Description = true, "application/problem+json", "refused or failed"
		cu.Customize = func(answer openapi.ContentOrReference) {
			own := answer.(*openapi31.ResponseOrReference)
			if !described {
				components.WithResponsesItem("Problem", openapi31.ResponseOrReference{Response: own.Response})
			}
			*own = problemResponse("refused or failed")
		}
	})
}

func describeSuccess(o openapi.OperationContext, api *operation) {
	status := api.status
	if status == 0 {
		status = 200
	}
	switch api.out.(type) {
	case *nothing:
		o.AddRespStructure(nil, openapi.WithHTTPStatus(204))
	case *document:
		o.AddRespStructure(nil, openapi.WithHTTPStatus(status), openapi.WithContentType(api.media))
	default:
		o.AddRespStructure(api.out, openapi.WithHTTPStatus(status))
	}
}

// operationName is the method and the path's words: "getMessagesOriginal".
func operationName(r route) string {
	name := strings.ToLower(r.method)
	for _, word := range strings.FieldsFunc(strings.TrimPrefix(r.path, "/api/v1"), func(c rune) bool { return c == '/' || c == '{' || c == '}' }) {
		if len(word) > 2 {
			name += strings.ToUpper(word[:1]) + word[1:]
		} else {
			name += "By" + strings.ToUpper(word[:1]) + word[1:]
		}
	}
	return name
}

// shortName names a component by its Go type alone; the packages' types do not collide, and a test says so.
func shortName(t reflect.Type, _ string) string {
	name := t.Name()
	if base, parameter, generic := strings.Cut(name, "["); generic {
		name = base + parameter[strings.LastIndexAny(parameter, "./")+1:len(parameter)-1]
	}
	return strings.ToUpper(name[:1]) + name[1:]
}

// forms are the types that stand both in requests and in answers; what they require is only what a request must have.
var forms = []reflect.Type{reflect.TypeFor[correspondence.Form](), reflect.TypeFor[correspondence.FormAddressee](), reflect.TypeFor[correspondence.FormAttachment](),
	reflect.TypeFor[correspondence.FormCollective](), reflect.TypeFor[correspondence.FormCorrection](), reflect.TypeFor[correspondence.FormStep]()}

// describeProperty reads the validate tag, and requires in answers whatever is always written.
func describeProperty(p jsonschema.InterceptPropParams) error {
	if !p.Processed {
		return nil
	}
	describeLimits(p.PropertySchema, p.Field)
	operation, ok := openapi.OperationCtx(p.Context)
	answered := ok && operation.IsProcessingResponse()
	if answered && !strings.Contains(p.Field.Tag.Get("json"), "omitempty") && !isForm(p.ParentSchema) && !slices.Contains(p.ParentSchema.Required, p.Name) {
		p.ParentSchema.Required = append(p.ParentSchema.Required, p.Name)
	}
	return nil
}

func isForm(parent *jsonschema.Schema) bool {
	return parent.ReflectType != nil && slices.Contains(forms, bare(parent.ReflectType))
}

// describeLimits turns the validator's max, min and oneof into the schema's words; what follows dive is about the elements.
func describeLimits(schema *jsonschema.Schema, field reflect.StructField) {
	for _, rule := range strings.Split(field.Tag.Get("validate"), ",") {
		name, value, _ := strings.Cut(rule, "=")
		if name == "dive" {
			return
		}
		n, err := strconv.ParseInt(value, 10, 64)
		if err != nil {
			continue
		}
		switch kind := bare(field.Type).Kind(); {
		case kind == reflect.String && name == "max":
			schema.WithMaxLength(n)
		case kind == reflect.Slice && name == "max":
			schema.WithMaxItems(n)
		case kind == reflect.Int && name == "max":
			schema.WithMaximum(float64(n))
		case kind == reflect.Int && name == "min":
			schema.WithMinimum(float64(n))
		}
	}
}

// describeNullability: lists are always present (filled.go), so never null; a pointer to a named type that is always written may be.
func describeNullability(p jsonschema.InterceptNullabilityParams) {
	switch {
	case p.Type == nil:
	case p.Type.Kind() == reflect.Slice:
		p.Schema.RemoveType(jsonschema.Null)
	case p.Type.Kind() == reflect.Pointer && !p.OmitEmpty && p.Schema.Ref != nil:
		named := jsonschema.Schema{Ref: p.Schema.Ref}
		p.Schema.Ref = nil
		p.Schema.AnyOf = []jsonschema.SchemaOrBool{named.ToSchemaOrBool(), jsonschema.Null.ToSchemaOrBool()}
	}
}

// describeNames lists the words of the house's small enumerations.
func describeNames(p jsonschema.InterceptSchemaParams) (bool, error) {
	if !p.Processed || !p.Value.IsValid() {
		return false, nil
	}
	names := map[reflect.Type][]string{
		reflect.TypeFor[habilitation.Level]():               {habilitation.Unprotected.String(), habilitation.Restricted.String()},
		reflect.TypeFor[correspondence.Kind]():              correspondence.KindNames(),
		reflect.TypeFor[correspondence.Role]():              {correspondence.Action.String(), correspondence.Info.String()},
		reflect.TypeFor[correspondence.Qualification]():     correspondence.QualificationNames(),
		reflect.TypeFor[correspondence.Precedence]():        correspondence.PrecedenceNames(),
		reflect.TypeFor[correspondence.Receipt]():           correspondence.ReceiptNames(),
		reflect.TypeFor[correspondence.DistributionClass](): correspondence.DistributionNames(),
		reflect.TypeFor[correspondence.How]():               correspondence.HowNames(),
	}
	t := bare(p.Value.Type())
	for _, name := range names[t] {
		p.Schema.Enum = append(p.Schema.Enum, name)
	}
	if names[t] != nil {
		p.Schema.WithType(jsonschema.String.Type())
	} else if t != nil && t.Kind() == reflect.Array && reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextMarshaler]()) {
		p.Schema.WithPattern("^[0-9a-hjkmnp-tv-z]{26}$")
	}
	return false, nil
}
