using System.Collections.Frozen;

namespace Byok.Core.Errors;

/// <summary>
/// A failure as it crosses a durable boundary: type name and text. The types that may come back are a closed table;
/// stored data never names a type to load.
/// </summary>
/// <param name="ErrorType">Full name of the exception type.</param>
/// <param name="Message">The failure's sentence, free of secrets.</param>
public sealed record FailureDetails(string ErrorType, string Message)
{
    private static readonly FrozenDictionary<string, Func<string, ByokException>> Known = new Func<string, ByokException>[]
    {
        message => new TransientByokException(message),
        message => new ServiceUnavailableException(message),
        message => new PermanentByokException(message),
        message => new KeyUnavailableException(message),
        message => new KeyNotFoundInVaultException(message),
        message => new IntegrityException(message),
        message => new MalformedEnvelopeException(message),
        message => new ForeignBlobException(message),
        message => new UnsupportedEnvelopeVersionException(message),
        message => new MetadataBudgetExceededException(message),
        message => new EarlierBuildException(message),
        message => new MalformedBranchRecordException(message),
        message => new BlobNotFoundException(message),
        message => new BlobAlreadyExistsException(message),
        message => new SourceChangedException(message),
        message => new ConcurrentWriteException(message),
        message => new TransferBlobException(message),
        message => new ExportRefusedException(message),
        message => new ApprovalsMissingException(message),
        message => new ConfigurationException(message),
        message => new VaultException(message),
        message => new AttestationException(message),
        message => new ConflictException(message),
        message => new OperationNotFoundException(message),
        message => new OperationEndedException(message),
        message => new OperationTerminatedException(message),
        message => new OperationInProgressException(message),
        message => new AlreadyRunningException(message),
        message => new NameTakenException(message),
        message => new ConfirmationDeclinedException(message),
        message => new KeyStateException(message),
        message => new BlobLockedException(message),
        message => new UnprotectableUploadException(message),
        message => new MasterKeyMismatchException(message),
        message => new OverruledException(message),
        message => new HsmException(message),
        message => new HsmPinException(message),
        message => new HsmTokenNotFoundException(message),
        message => new HsmKeyNotFoundException(message),
        message => new HsmKeyNotExtractableException(message),
        message => new HsmKekRejectedException(message),
        message => new HsmMechanismMissingException(message),
        message => new HsmLibraryException(message),
        message => new NonDeterministicOrchestrationException(message),
        message => new UnexpectedFailureException(message),
    }.ToFrozenDictionary(create => create(string.Empty).GetType().FullName!, StringComparer.Ordinal);

    /// <summary>Describes an exception. Aggregates are described by their first inner exception.</summary>
    public static FailureDetails From(Exception exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        while (exception is AggregateException { InnerException: { } inner })
        {
            exception = inner;
        }

        return new FailureDetails(exception.GetType().FullName!, exception.Message);
    }

    /// <summary>
    /// The failure as an exception of its own type again; <see cref="UnexpectedFailureException"/> for a type that is not ours.
    /// </summary>
    public ByokException ToException() =>
        Known.TryGetValue(ErrorType, out var create) ? create(Message) : new UnexpectedFailureException($"{ErrorType}: {Message}");

    /// <summary>
    /// Whether a retry may help: true for <see cref="TransientByokException"/> and for failures we have no type for
    /// (a cut connection, a full disk), false for <see cref="PermanentByokException"/> and for misuse.
    /// </summary>
    public bool IsRetryable =>
        Known.TryGetValue(ErrorType, out var create)
            ? create(Message) is TransientByokException
            : !IsMisuse(ErrorType);

    private static bool IsMisuse(string errorType) =>
        errorType is "System.ArgumentException" or "System.ArgumentNullException" or "System.ArgumentOutOfRangeException"
            or "System.InvalidOperationException" or "System.NotSupportedException" or "System.Text.Json.JsonException";
}
