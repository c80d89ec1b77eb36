package cmd_test

import (
	"encoding/json"
	"errors"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"iter"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// module is the module whose architecture is kept.
const module = "chancery"

// listed is what `go list` tells of a package.
type listed struct {
	ImportPath string
	Dir        string
	Export     string // file with the types it exports
	GoFiles    []string
	Imports    []string
	Module     *struct{ Path string }
}

// tree is a module with everything it imports, compiled.
type tree struct {
	own      []*listed
	exported map[string]string // export files by import path
	files    *token.FileSet
	imports  types.Importer
}

// load lists the module in a folder. The go command compiles what is not in its cache.
func load(t *testing.T, folder string) *tree {
	t.Helper()
	list := exec.CommandContext(t.Context(), "go", "list", "-export", "-deps", "-json=ImportPath,Dir,Export,GoFiles,Imports,Module", "./...")
	list.Dir, list.Stderr = folder, os.Stderr
	out, err := list.Output()
	if err != nil {
		t.Fatalf("go list in %s: %v", folder, err)
	}
	tr := &tree{exported: map[string]string{}, files: token.NewFileSet()}
	for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
		p := &listed{}
		if err := decoder.Decode(p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		tr.exported[p.ImportPath] = p.Export
		if p.Module != nil && p.Module.Path == module {
			tr.own = append(tr.own, p)
		}
	}
	tr.imports = importer.ForCompiler(tr.files, "gc", func(path string) (io.ReadCloser, error) { return os.Open(tr.exported[path]) })
	return tr
}

// imported is a package as those who import it see it, nil when the tree has none of the path.
func (tr *tree) imported(t *testing.T, path string) *types.Package {
	t.Helper()
	if tr.exported[path] == "" {
		return nil
	}
	p, err := tr.imports.Import(path)
	if err != nil {
		t.Fatalf("import %s: %v", path, err)
	}
	return p
}

// use is a function or method that stands in an expression, and the declared function in which it does.
type use struct {
	function *types.Func
	by       string
}

// uses yields every method and function that a package's code names, called or taken as a value.
func (tr *tree) uses(t *testing.T, p *listed) iter.Seq[use] {
	t.Helper()
	var files []*ast.File
	for _, name := range p.GoFiles {
		file, err := parser.ParseFile(tr.files, filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	info := &types.Info{Uses: map[*ast.Ident]types.Object{}}
	config := types.Config{Importer: tr.imports, FakeImportC: true}
	if _, err := config.Check(p.ImportPath, tr.files, files, info); err != nil {
		t.Fatalf("check %s: %v", p.ImportPath, err)
	}
	return func(yield func(use) bool) {
		for _, file := range files {
			for _, declaration := range file.Decls {
				by := p.ImportPath + "." + nameOf(declaration)
				for node := range ast.Preorder(declaration) {
					name, isName := node.(*ast.Ident)
					if !isName {
						continue
					}
					if f, isFunction := info.Uses[name].(*types.Func); isFunction && !yield(use{f, by}) {
						return
					}
				}
			}
		}
	}
}

// nameOf is "Texts.Text", "(*Desk).open", "decide"; what stands outside of functions runs at init.
func nameOf(declaration ast.Decl) string {
	f, isFunction := declaration.(*ast.FuncDecl)
	switch {
	case !isFunction:
		return "init"
	case f.Recv == nil:
		return f.Name.Name
	}
	switch receiver := f.Recv.List[0].Type.(type) {
	case *ast.StarExpr:
		return "(*" + types.ExprString(receiver.X) + ")." + f.Name.Name
	default:
		return types.ExprString(receiver) + "." + f.Name.Name
	}
}

// signatureOf is a method's name with the types it takes and gives, whatever its receiver and its parameters are called; of a function, which has
// no other like it, the name with its package.
func signatureOf(f *types.Func) string {
	signature := f.Type().(*types.Signature)
	if signature.Recv() == nil {
		return f.FullName()
	}
	out := f.Name()
	for _, tuple := range []*types.Tuple{signature.Params(), signature.Results()} {
		out += " ("
		for v := range tuple.Variables() {
			out += types.TypeString(v.Type(), nil) + ","
		}
		out += ")"
	}
	return out
}
