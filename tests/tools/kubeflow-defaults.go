// Reads a SparkApplication a line, as JSON, and prints what the API server makes of it with the defaulting webhook of
// Kubeflow's operator, before it validates it: a line for a line. The webhook is the real one, asked as an admission
// request, and its patch is applied as the API server does. A line that the webhook refuses ends the program.
package main

import (
	"bufio"
	"context"
	"fmt"
	"os"

	"github.com/go-logr/logr"
	jsonpatch "gopkg.in/evanphx/json-patch.v4"
	admissionv1 "k8s.io/api/admission/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/kubeflow/spark-operator/v2/api/v1beta2"
	"github.com/kubeflow/spark-operator/v2/internal/webhook"
	"github.com/kubeflow/spark-operator/v2/pkg/scheme"
)

func main() {
	log.SetLogger(logr.Discard())
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "kubeflow-defaults:", err)
		os.Exit(1)
	}
}

func run() error {
	hook := admission.WithCustomDefaulter(
		scheme.WebhookScheme, &v1beta2.SparkApplication{}, webhook.NewSparkApplicationDefaulter())
	out := bufio.NewWriter(os.Stdout)
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<24)
	for number := 1; lines.Scan(); number++ {
		object := append([]byte(nil), lines.Bytes()...)
		response := hook.Handle(context.Background(), admission.Request{AdmissionRequest: admissionv1.AdmissionRequest{
			UID:       "1",
			Operation: admissionv1.Create,
			Object:    runtime.RawExtension{Raw: object},
		}})
		if !response.Allowed {
			return fmt.Errorf("line %d is refused: %s", number, response.Result.Message)
		}
		if len(response.Patch) > 0 {
			patch, err := jsonpatch.DecodePatch(response.Patch)
			if err == nil {
				object, err = patch.Apply(object)
			}
			if err != nil {
				return fmt.Errorf("line %d: the patch of the webhook: %w", number, err)
			}
		}
		if _, err := fmt.Fprintf(out, "%s\n", object); err != nil {
			return err
		}
	}
	if err := lines.Err(); err != nil {
		return err
	}
	return out.Flush()
}
