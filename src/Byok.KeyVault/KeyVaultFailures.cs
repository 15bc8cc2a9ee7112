using System.Text.Json;
using Azure;
using Azure.Identity;
using Byok.Core.Errors;

namespace Byok.KeyVault;

/// <summary>
/// Turns the service's answers into our failure types (Azure Key Vault REST API error codes; the inner error's code is the telling one).
/// Messages carry the service's codes, and its sentence only where it is about a parameter.
/// </summary>
internal static class KeyVaultFailures
{
    /// <summary>Runs a call and translates its failure.</summary>
    /// <param name="subject">Vault and object, for the message.</param>
    /// <param name="call">What the call is about.</param>
    /// <param name="send">The call.</param>
    public static async Task<T> TranslateAsync<T>(string subject, VaultCall call, Func<Task<T>> send, CancellationToken cancellationToken)
    {
        try
        {
            return await send().ConfigureAwait(false);
        }
        catch (RequestFailedException exception)
        {
            throw Translate(subject, call, exception);
        }
        catch (AggregateException exception) when (!cancellationToken.IsCancellationRequested)
        {
            // The client's own retries were used up: the last answer says why.
            throw exception.InnerExceptions[^1] is RequestFailedException last ? Translate(subject, call, last) : NoAnswer(subject, exception);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw NoAnswer(subject, exception);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            throw NoAnswer(subject, exception);
        }
        catch (CredentialUnavailableException exception)
        {
            throw new ConfigurationException($"No identity to call the vault with ({subject}); give the app a managed identity, or sign in.", exception);
        }
        catch (AuthenticationFailedException exception)
        {
            throw new ServiceUnavailableException($"Microsoft Entra ID gave no token for the vault ({subject}).", exception);
        }
        catch (InvalidOperationException exception)
        {
            // The client's challenge policy: the vault asks for a token of somebody else's.
            throw new ConfigurationException($"The vault's challenge does not belong to its address ({subject}); check the vault's address.", exception);
        }
    }

    private static ByokException Translate(string subject, VaultCall call, RequestFailedException exception)
    {
        var (inner, sentence) = Details(exception);
        var code = inner is null ? $"{exception.Status} {exception.ErrorCode}" : $"{exception.Status} {exception.ErrorCode}/{inner}";
        return (exception.Status, inner, call) switch
        {
            (0 or 408 or 429 or >= 500, _, _) => new ServiceUnavailableException($"The vault does not answer or is busy ({code}) at {subject}.", exception),
            (409, "ObjectIsBeingDeleted" or "ObjectIsBeingRecovered" or "ObjectIsBeingCreated", _) =>
                new ServiceUnavailableException($"The key is on its way to another state ({code}) at {subject}.", exception),
            (404, _, VaultCall.Unwrap) => new KeyUnavailableException($"The wrapping key is gone ({code}) at {subject}; restore it.", exception),
            (404, _, VaultCall.Import) => new KeyUnavailableException($"The transfer blob's KEK is gone ({code}) at {subject}; start the bring again.", exception),
            (404, _, _) => new KeyNotFoundInVaultException($"No such key ({code}) at {subject}.", exception),
            (403, _, VaultCall.Unwrap) =>
                new KeyUnavailableException($"The vault refuses to unwrap ({code}) at {subject}; the key is disabled or expired, or the identity may not use it.", exception),
            (403, "KeyDisabled" or "KeyNotYetValid" or "KeyExpired" or "KeyNotYetValidOrExpired" or "KeyOperationForbidden", _) =>
                new KeyUnavailableException($"The key is disabled or its attributes forbid this ({code}) at {subject}.", exception),
            (400 or 403 or 409, _, VaultCall.Purge) => new VaultException($"The vault refuses to purge ({code}) at {subject}; purge protection or a missing role forbids it.", exception),
            (401 or 403, _, _) => new ConfigurationException($"The vault refuses access ({code}) at {subject}; check the identity's roles and the vault's firewall.", exception),
            (409, "ObjectIsDeletedButRecoverable", _) =>
                new NameTakenException($"A deleted key of that name is still recoverable ({code}) at {subject}; recover or purge it, or take another name.", exception),
            (409, _, _) => new KeyStateException($"The key's state does not allow this ({code}) at {subject}.", exception),
            (400, _, VaultCall.Unwrap) => new IntegrityException($"The wrapped key does not unwrap ({code}) at {subject}: it was altered, or belongs to another key.", exception),
            (400, _, VaultCall.Import) => new TransferBlobException($"The vault does not accept the transfer blob ({code}) at {subject}: {sentence}", exception),
            _ => new VaultException($"The vault refuses ({code}) at {subject}: {sentence}", exception),
        };
    }

    private static ServiceUnavailableException NoAnswer(string subject, Exception exception) =>
        new($"The vault does not answer ({exception.GetBaseException().GetType().Name}) at {subject}.", exception);

    /// <summary>The inner error's code and the service's sentence, cut to 200 characters, from an error body.</summary>
    private static (string? InnerCode, string Sentence) Details(RequestFailedException exception)
    {
        const int longest = 200;
        try
        {
            using var document = JsonDocument.Parse(exception.GetRawResponse()?.Content ?? BinaryData.FromString("{}"));
            var error = document.RootElement.GetProperty("error");
            var inner = error.TryGetProperty("innererror", out var found) || error.TryGetProperty("innerError", out found)
                ? found.GetProperty("code").GetString()
                : null;
            var sentence = error.TryGetProperty("message", out var message) ? message.GetString() ?? string.Empty : string.Empty;
            return (inner, sentence.Length > longest ? sentence[..longest] : sentence);
        }
        catch (Exception malformed) when (malformed is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return (null, "it gives no reason.");
        }
    }
}
