// Renders a chart through Helm 4's SDK with one of its strategies for post-rendering, which no flag of the command
// line reaches. What `helm template` would print goes to standard output.
//
// usage: strategies combined|separate|nohooks CHART PLUGIN [ARGUMENT...]
//
// The plugin is found where HELM_PLUGINS says. Values: those of the file that VALUES names, where it is set. The
// cluster has the API versions that API_VERSIONS lists, beside Kubernetes' own.
package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"helm.sh/helm/v4/pkg/action"
	"helm.sh/helm/v4/pkg/chart/common"
	"helm.sh/helm/v4/pkg/chart/loader"
	"helm.sh/helm/v4/pkg/cli"
	"helm.sh/helm/v4/pkg/postrenderer"
	release "helm.sh/helm/v4/pkg/release/v1"
)

func main() {
	if len(os.Args) < 4 {
		fmt.Fprintln(os.Stderr, "usage: strategies combined|separate|nohooks CHART PLUGIN [ARGUMENT...]")
		os.Exit(2)
	}
	if err := run(action.PostRenderStrategy(os.Args[1]), os.Args[2], os.Args[3], os.Args[4:]); err != nil {
		fmt.Fprintln(os.Stderr, "Error:", err)
		os.Exit(1)
	}
}

func run(strategy action.PostRenderStrategy, folder, plugin string, args []string) error {
	renderer, err := postrenderer.NewPostRendererPlugin(cli.New(), plugin, args...)
	if err != nil {
		return err
	}
	chart, err := loader.Load(folder)
	if err != nil {
		return err
	}
	values := map[string]any{}
	if file := os.Getenv("VALUES"); file != "" {
		if values, err = common.ReadValuesFile(file); err != nil {
			return err
		}
	}
	version, err := common.ParseKubeVersion("1.37")
	if err != nil {
		return err
	}
	install := action.NewInstall(action.NewConfiguration())
	install.DryRunStrategy = action.DryRunClient
	install.Replace = true
	install.ReleaseName = "spark-operator"
	install.Namespace = "spark-operator"
	install.KubeVersion = version
	install.APIVersions = strings.Fields(os.Getenv("API_VERSIONS"))
	install.PostRenderer = renderer
	install.PostRenderStrategy = strategy
	rendered, err := install.RunWithContext(context.Background(), chart, values)
	if err != nil {
		return err
	}
	made, ok := rendered.(*release.Release)
	if !ok {
		return fmt.Errorf("the release is a %T", rendered)
	}
	fmt.Println(made.Manifest)
	for _, hook := range made.Hooks {
		fmt.Printf("---\n# Source: %s\n%s\n", hook.Path, hook.Manifest)
	}
	return nil
}
