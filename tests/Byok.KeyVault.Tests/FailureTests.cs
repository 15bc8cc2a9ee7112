using System.Net;
using Byok.Core.Errors;
using Byok.Core.Keys;

namespace Byok.KeyVault.Tests;

/// <summary>The service's refusals come out as our failure types.</summary>
public sealed class FailureTests
{
    private static readonly KeyAttributes None = new();

    [Theory]
    [InlineData(HttpStatusCode.Forbidden, "Forbidden", "KeyDisabled", typeof(KeyUnavailableException))]
    [InlineData(HttpStatusCode.Forbidden, "Forbidden", "KeyOperationForbidden", typeof(KeyUnavailableException))]
    [InlineData(HttpStatusCode.Forbidden, "Forbidden", "ForbiddenByRbac", typeof(KeyUnavailableException))]
    [InlineData(HttpStatusCode.Forbidden, "Forbidden", null, typeof(KeyUnavailableException))]
    [InlineData(HttpStatusCode.NotFound, "KeyNotFound", null, typeof(KeyUnavailableException))]
    [InlineData(HttpStatusCode.BadRequest, "BadParameter", null, typeof(IntegrityException))]
    [InlineData(HttpStatusCode.Unauthorized, "Unauthorized", null, typeof(ConfigurationException))]
    [InlineData(HttpStatusCode.Conflict, "Conflict", "ObjectIsBeingRecovered", typeof(ServiceUnavailableException))]
    public async Task UnwrapKey_Refused_SaysWhatTheCallerCanDo(HttpStatusCode status, string code, string? inner, Type expected)
    {
        var vault = new ScriptedVault();
        vault.Answer(vault.Bundle()).Refuse(status, code, inner);
        var failure = await Assert.ThrowsAsync(expected, () => vault.Vault.UnwrapKeyAsync(vault.Id(), new byte[256], default));
        Assert.Contains(vault.Id().ToString(), failure.Message, StringComparison.Ordinal);
        Assert.Contains(inner ?? code, failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(HttpStatusCode.BadRequest, "BadParameter", null, typeof(TransferBlobException))]
    [InlineData(HttpStatusCode.NotFound, "KeyNotFound", null, typeof(KeyUnavailableException))]
    [InlineData(HttpStatusCode.Forbidden, "Forbidden", "KeyDisabled", typeof(KeyUnavailableException))]
    [InlineData(HttpStatusCode.Forbidden, "Forbidden", "KeyExpired", typeof(KeyUnavailableException))]
    [InlineData(HttpStatusCode.Forbidden, "Forbidden", "ForbiddenByRbac", typeof(ConfigurationException))]
    [InlineData(HttpStatusCode.Conflict, "Conflict", "ObjectIsDeletedButRecoverable", typeof(NameTakenException))]
    [InlineData(HttpStatusCode.Conflict, "Conflict", "SomethingElse", typeof(KeyStateException))]
    public async Task ImportKey_Refused_SaysWhatTheCallerCanDo(HttpStatusCode status, string code, string? inner, Type expected)
    {
        var vault = new ScriptedVault().Refuse(status, code, inner);
        await Assert.ThrowsAsync(expected, () => vault.Vault.ImportKeyAsync("master", new byte[10], None, default));
    }

    [Theory]
    [InlineData(HttpStatusCode.BadRequest, "BadParameter", null)]
    [InlineData(HttpStatusCode.Forbidden, "Forbidden", "ForbiddenByPolicy")]
    [InlineData(HttpStatusCode.Conflict, "Conflict", null)]
    public async Task PurgeDeletedKey_UnderPurgeProtection_IsRefused(HttpStatusCode status, string code, string? inner)
    {
        var vault = new ScriptedVault().Refuse(status, code, inner);
        await Assert.ThrowsAsync<VaultException>(() => vault.Vault.PurgeDeletedKeyAsync("master", default));
    }

    [Fact]
    public async Task EveryCall_OnAMissingKey_SaysNotFound()
    {
        var vault = new ScriptedVault();
        Func<Task>[] calls =
        [
            () => vault.Vault.GetKeyAsync("master", null, default),
            () => vault.Vault.GetKeyAsync("master", "0123456789abcdef0123456789abcdef", default),
            () => vault.Vault.UpdateKeyAsync(vault.Id(), None, default),
            () => vault.Vault.DeleteKeyAsync("master", default),
            () => vault.Vault.RecoverDeletedKeyAsync("master", default),
            () => vault.Vault.PurgeDeletedKeyAsync("master", default),
        ];
        foreach (var call in calls)
        {
            vault.Refuse(HttpStatusCode.NotFound, "KeyNotFound");
            await Assert.ThrowsAsync<KeyNotFoundInVaultException>(call);
        }
    }

    [Theory]
    [InlineData("versions")]
    [InlineData("rotationpolicy")]
    [InlineData("backup")]
    [InlineData("0")]
    [InlineData("0123456789abcdef0123456789abcdeg")]
    [InlineData("0123456789abcdef0123456789abcdef0")]
    public async Task GetKey_WordThatIsNoVersionOfTheService_IsNotFoundAndNotAskedFor(string version)
    {
        var vault = new ScriptedVault();
        await Assert.ThrowsAsync<KeyNotFoundInVaultException>(() => vault.Vault.GetKeyAsync("master", version, default));
        Assert.Empty(vault.Requests);
    }

    [Fact]
    public async Task GetKey_Throttled_WaitsAndTriesAgain()
    {
        var vault = new ScriptedVault();
        vault.Answer(HttpStatusCode.TooManyRequests, """{"error":{"code":"Throttled","message":"slow down"}}""", ("Retry-After", "1"));
        vault.Refuse(HttpStatusCode.ServiceUnavailable, "Busy").Break(() => new HttpRequestException("cut")).Answer(vault.Bundle());
        var started = TimeProvider.System.GetTimestamp();

        await vault.Vault.GetKeyAsync("master", null, default);

        Assert.Equal(4, vault.Requests.Count);
        Assert.True(TimeProvider.System.GetElapsedTime(started) > TimeSpan.FromSeconds(0.9), "Retry-After was not waited out.");
    }

    [Theory]
    [InlineData(HttpStatusCode.TooManyRequests)]
    [InlineData(HttpStatusCode.InternalServerError)]
    [InlineData(HttpStatusCode.ServiceUnavailable)]
    public async Task GetKey_NeverAnswered_IsTransient(HttpStatusCode status)
    {
        var vault = new ScriptedVault();
        for (var i = 0; i < 6; i++)
        {
            vault.Refuse(status, "Busy");
        }

        var failure = await Assert.ThrowsAsync<ServiceUnavailableException>(() => vault.Vault.GetKeyAsync("master", null, default));

        Assert.Equal(6, vault.Requests.Count);
        Assert.True(FailureDetails.From(failure).IsRetryable);
    }

    [Fact]
    public async Task GetKey_WithACutConnection_IsTransient()
    {
        var vault = new ScriptedVault();
        for (var i = 0; i < 6; i++)
        {
            vault.Break(() => new HttpRequestException("cut"));
        }

        await Assert.ThrowsAsync<ServiceUnavailableException>(() => vault.Vault.GetKeyAsync("master", null, default));
    }

    [Fact]
    public async Task GetKey_TimedOutByTheClient_IsTransient()
    {
        var vault = new ScriptedVault();
        for (var i = 0; i < 6; i++)
        {
            vault.Break(() => new TaskCanceledException("time-out"));
        }

        await Assert.ThrowsAsync<ServiceUnavailableException>(() => vault.Vault.GetKeyAsync("master", null, default));
    }

    [Fact]
    public async Task GetKey_CancelledByTheCaller_IsCancelled()
    {
        var vault = new ScriptedVault();
        using var cancellation = new CancellationTokenSource();
        vault.Break(() =>
        {
            cancellation.Cancel();
            return new TaskCanceledException();
        });

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => vault.Vault.GetKeyAsync("master", null, cancellation.Token));
    }

    [Fact]
    public async Task GetKey_WithAChallengeForAnotherResource_SendsNoToken()
    {
        var vault = new ScriptedVault { Resource = "https://elsewhere.example" };

        await Assert.ThrowsAsync<ConfigurationException>(() => vault.Vault.GetKeyAsync("master", null, default));

        Assert.Empty(vault.Requests);
    }

    [Theory]
    [InlineData("")]
    [InlineData("<html>")]
    [InlineData("[]")]
    [InlineData("""{"error":3}""")]
    [InlineData("""{"error":{"code":"x","innererror":7}}""")]
    public async Task GetKey_RefusedWithoutAProperBody_StillHasAType(string body)
    {
        var vault = new ScriptedVault().Answer(HttpStatusCode.Gone, body);
        await Assert.ThrowsAsync<VaultException>(() => vault.Vault.GetKeyAsync("master", null, default));
    }
}
