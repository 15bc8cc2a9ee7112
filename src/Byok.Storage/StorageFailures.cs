using System.Xml;
using Azure;
using Byok.Core.Errors;

namespace Byok.Storage;

/// <summary>Turns the storage service's answers into our failure types.</summary>
internal static class StorageFailures
{
    /// <summary>Runs a storage call and translates its failure.</summary>
    /// <param name="subject">The object, for the message: <c>container/blob</c>.</param>
    public static async Task<T> TranslateAsync<T>(string subject, Func<Task<T>> call)
    {
        ArgumentNullException.ThrowIfNull(call);
        try
        {
            return await call().ConfigureAwait(false);
        }
        catch (RequestFailedException exception)
        {
            throw Translate(subject, exception);
        }
        catch (AggregateException exception) when (exception.InnerExceptions.All(IsOfTheNetwork))
        {
            // The client's own repeats were used up: the last answer says why. Where there was none, the last try broke off or timed out.
            throw exception.InnerExceptions[^1] is RequestFailedException last
                ? Translate(subject, last)
                : new ServiceUnavailableException($"Storage did not answer for '{subject}': {exception.InnerExceptions[^1].Message}", exception);
        }
        catch (XmlException exception)
        {
            throw new ServiceUnavailableException($"Storage sent an answer for '{subject}' that is cut or garbled.", exception);
        }
        catch (HttpRequestException exception)
        {
            throw new ServiceUnavailableException($"Storage did not answer for '{subject}': {exception.Message}", exception);
        }
        catch (IOException exception)
        {
            throw new ServiceUnavailableException($"The connection to storage broke off at '{subject}': {exception.Message}", exception);
        }
    }

    private static bool IsOfTheNetwork(Exception exception) =>
        exception is RequestFailedException or OperationCanceledException or HttpRequestException or IOException;

    /// <summary>Our failure type for an answer of the service.</summary>
    public static ByokException Translate(string subject, RequestFailedException exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        return (exception.Status, exception.ErrorCode) switch
        {
            (_, "ContainerNotFound") => new ConfigurationException($"The container of '{subject}' does not exist; create it or correct its name.", exception),
            (_, "BlobArchived") => new BlobLockedException($"'{subject}' is in the archive tier; rehydrate it first.", exception),
            (_, "LeaseIdMissing" or "LeaseIdMismatchWithBlobOperation") => new BlobLockedException($"'{subject}' is locked by a lease; release it first.", exception),
            (_, "BlobImmutableDueToPolicy") => new BlobLockedException($"'{subject}' is locked by an immutability policy.", exception),
            (404, _) => new BlobNotFoundException($"'{subject}' does not exist.", exception),
            (409, "BlobAlreadyExists") or (412, _) or (304, _) =>
                new ConcurrentWriteException($"'{subject}' was written by somebody else meanwhile.", exception),
            (400, "InvalidBlockList") => new ConcurrentWriteException($"Staged blocks of '{subject}' are gone: another writer committed meanwhile.", exception),
            (409, _) => new BlobLockedException($"'{subject}' is in a state that does not allow this ({exception.ErrorCode}).", exception),
            (401 or 403, _) => new ConfigurationException($"Storage refused access to '{subject}' ({exception.ErrorCode}); check the identity's roles.", exception),
            (0, _) => new ServiceUnavailableException($"Storage did not answer for '{subject}': {exception.InnerException?.Message ?? "the connection broke off"}", exception),
            (408 or 429 or >= 500, _) => new ServiceUnavailableException($"Storage did not answer for '{subject}' ({exception.Status} {exception.ErrorCode}).", exception),
            _ => new UnexpectedFailureException($"Storage refused '{subject}': {exception.Status} {exception.ErrorCode}.", exception),
        };
    }
}
