// kubelet-configuration decodes a CredentialProviderConfig strictly, with the types of the version of k8s.io/kubelet
// with which it is built, and prints it as JSON. Tests need it. scripts/install-parts.sh builds it with version 1.33.
//
//	kubelet-configuration <FILE
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	kubeletv1 "k8s.io/kubelet/config/v1"
)

func main() {
	data, err := io.ReadAll(os.Stdin)
	must(err)
	scheme := runtime.NewScheme()
	must(kubeletv1.AddToScheme(scheme))
	decoder := serializer.NewCodecFactory(scheme, serializer.EnableStrict).UniversalDeserializer()
	object, _, err := decoder.Decode(data, nil, nil)
	must(err)
	must(json.NewEncoder(os.Stdout).Encode(object))
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
