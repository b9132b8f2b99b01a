package seal

import (
	"errors"
	"fmt"

	"github.com/aws/smithy-go"

	"salesforce-integration/internal/integration"
)

// What can be wrong with a blob or a key, for errors.Is.
var (
	// ErrFormat is a blob that no version of this package made.
	ErrFormat = errors.New("the sealed blob is malformed")
	// ErrContext is a blob that was sealed for another integration or purpose, or
	// was changed since: the two cannot be told apart.
	ErrContext = errors.New("the sealed blob is damaged, or of another integration or purpose")
	// ErrKey is a KMS key that this function may not use, or that is disabled,
	// deleted, or not the one that sealed the blob. Somebody has to mend that.
	ErrKey = errors.New("the KMS key cannot be used")
)

func fail(code integration.Code, message string, err error) error {
	return &integration.Error{Code: code, Message: message, Err: err}
}

// kmsFailed sorts KMS's errors by their code. What does not say that the key or
// the blob is at fault may work later.
// https://docs.aws.amazon.com/kms/latest/APIReference/CommonErrors.html
func kmsFailed(op string, err error) error {
	err = fmt.Errorf("kms %s: %w", op, err)
	var api smithy.APIError
	if !errors.As(err, &api) {
		return fail(integration.CodeUnavailable, "The key service did not answer. Please try again.", err)
	}
	switch api.ErrorCode() {
	case "InvalidCiphertextException":
		return fail(integration.CodeInternal, "a stored secret does not open", fmt.Errorf("%w: %w", ErrContext, err))
	case "AccessDeniedException", "AccessDenied", "DisabledException", "KMSInvalidStateException", "NotFoundException",
		"IncorrectKeyException", "InvalidKeyUsageException", "InvalidArnException", "UnrecognizedClientException":
		return fail(integration.CodeUnavailable,
			"The encryption key cannot be used at the moment. The operator should check that the KMS key is enabled, is the one the secrets were sealed with, and that the function's role may use it.",
			fmt.Errorf("%w: %w", ErrKey, err))
	default:
		return fail(integration.CodeUnavailable, "The key service did not answer. Please try again.", err)
	}
}
