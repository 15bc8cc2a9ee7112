using System.Security.Cryptography;
using System.Text;
using Byok.Core.Errors;
using Byok.Local.Vault;
using Microsoft.AspNetCore.Http;

namespace Byok.Local.VaultEndpoint;

/// <summary>From an HTTP request to the vault's answer: challenge, API version, path, failures.</summary>
internal sealed class RequestRouter(LocalVault vault, string accessToken, TimeProvider time)
{
    /// <summary>What clients ask a token for; a directory that does not exist, at this very address, so that no client goes to a real one.</summary>
    private readonly string _challenge =
        $"Bearer authorization=\"{new Uri(vault.VaultUri, Guid.Empty.ToString())}\", resource=\"https://vault.azure.net\"";

    private readonly byte[] _authorization = Encoding.UTF8.GetBytes($"Bearer {accessToken}");
    private readonly KeyRequests _keys = new(vault);
    private readonly DeletedKeyRequests _deletedKeys = new(vault);
    private readonly CryptographyRequests _cryptography = new(vault, new UnavailableKey(vault, time));
    private readonly ImportRequests _import = new(vault, new UnavailableKey(vault, time));

    internal async Task ServeAsync(HttpContext context)
    {
        var answer = await AnswerAsync(context).ConfigureAwait(false);
        var response = context.Response;
        response.StatusCode = answer.Status;
        response.Headers.CacheControl = "no-cache";
        response.Headers.Pragma = "no-cache";
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers["x-ms-request-id"] = Guid.NewGuid().ToString();
        if (answer.Status == StatusCodes.Status401Unauthorized)
        {
            response.Headers.WWWAuthenticate = _challenge;
        }

        if (answer.Body is { } body)
        {
            response.ContentType = "application/json; charset=utf-8";
            var bytes = Encoding.UTF8.GetBytes(body.ToJsonString());
            response.ContentLength = bytes.Length;
            await response.Body.WriteAsync(bytes, context.RequestAborted).ConfigureAwait(false);
        }
    }

    private async Task<Answer> AnswerAsync(HttpContext context)
    {
        try
        {
            return IsAuthorized(context) ? await DispatchAsync(VaultRequest.Read(context)).ConfigureAwait(false) : Unauthorized(context);
        }
        catch (Exception exception) when (!context.RequestAborted.IsCancellationRequested)
        {
            var error = Translate(exception);
            return new Answer(error.Status, error.ToJson());
        }
    }

    private bool IsAuthorized(HttpContext context) =>
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(context.Request.Headers.Authorization.ToString()), _authorization);

    private static Answer Unauthorized(HttpContext context)
    {
        var message = context.Request.Headers.Authorization.Count == 0
            ? "The request carries no bearer token."
            : "The bearer token is not this vault's; its token file holds the right one.";
        return new Answer(StatusCodes.Status401Unauthorized, new VaultError(StatusCodes.Status401Unauthorized, "Unauthorized", message).ToJson());
    }

    private Task<Answer> DispatchAsync(VaultRequest request) => (request.Method, request.Path) switch
    {
        ("GET", ["keys"]) => _keys.ListAsync(request),
        ("POST", ["keys", "restore"]) => throw NotOffered("backup and restore"),
        ("PUT", ["keys", var name]) => _import.ImportAsync(request, name),
        ("GET", ["keys", var name]) => _keys.GetAsync(request, name, null),
        ("PATCH", ["keys", var name]) => _keys.UpdateAsync(request, name, null),
        ("DELETE", ["keys", var name]) => _deletedKeys.DeleteAsync(request, name),
        ("POST", ["keys", var name, "create"]) => _keys.CreateAsync(request, name),
        ("POST", ["keys", _, "backup"]) => throw NotOffered("backup and restore"),
        ("GET" or "PUT", ["keys", _, "rotationpolicy"]) or ("POST", ["keys", _, "rotate"]) => throw NotOffered("rotation by the vault"),
        ("GET", ["keys", var name, "versions"]) => _keys.ListVersionsAsync(request, name),
        ("GET", ["keys", _, "attestation"] or ["keys", _, _, "attestation"]) => throw NotOffered("key attestation"),
        ("GET", ["keys", var name, var version]) => _keys.GetAsync(request, name, version),
        ("PATCH", ["keys", var name, var version]) => _keys.UpdateAsync(request, name, version),
        ("POST", ["keys", _, "release"] or ["keys", _, _, "release"]) => throw NotOffered("secure key release"),
        ("POST", ["keys", var name, var operation]) => _cryptography.RunAsync(request, name, null, operation),
        ("POST", ["keys", var name, var version, var operation]) => _cryptography.RunAsync(request, name, version.Length == 0 ? null : version, operation),
        ("GET", ["deletedkeys"]) => _deletedKeys.ListAsync(request),
        ("GET", ["deletedkeys", var name]) => _deletedKeys.GetAsync(request, name),
        ("DELETE", ["deletedkeys", var name]) => _deletedKeys.PurgeAsync(request, name),
        ("POST", ["deletedkeys", var name, "recover"]) => _deletedKeys.RecoverAsync(request, name),
        (_, ["keys", ..] or ["deletedkeys", ..]) =>
            throw new RequestRefusedException(new VaultError(StatusCodes.Status405MethodNotAllowed, "MethodNotAllowed", $"{request.Method} is not allowed here.")),
        _ => throw new RequestRefusedException(new VaultError(StatusCodes.Status404NotFound, "NotFound", "This vault holds keys only, under /keys and /deletedkeys.")),
    };

    private static RequestRefusedException NotOffered(string what) => new(VaultError.BadParameter($"This vault does not offer {what}."));

    private static VaultError Translate(Exception exception) => exception switch
    {
        RequestRefusedException refused => refused.Error,
        KeyNotFoundInVaultException or KeyUnavailableException => new VaultError(StatusCodes.Status404NotFound, "KeyNotFound", exception.Message),
        ConflictException => new VaultError(StatusCodes.Status409Conflict, "Conflict", exception.Message, "ObjectIsDeletedButRecoverable"),
        TransferBlobException or IntegrityException or ArgumentException => VaultError.BadParameter(exception.Message),
        BadHttpRequestException bad => new VaultError(bad.StatusCode, "BadRequest", bad.Message),
        ByokException => new VaultError(StatusCodes.Status500InternalServerError, "InternalServerError", exception.Message),
        _ => new VaultError(StatusCodes.Status500InternalServerError, "InternalServerError", $"The vault failed ({exception.GetType().Name})."),
    };
}
