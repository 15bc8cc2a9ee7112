using Byok.Core.Transfer;
using Byok.Local.Vault;

namespace Byok.Local.VaultEndpoint;

/// <summary>Importing a BYOK transfer blob (Azure "Bring your own key specification"): the member <c>key_hsm</c>.</summary>
internal sealed class ImportRequests(LocalVault vault, UnavailableKey unavailable)
{
    private static readonly string[] PrivateMembers = ["d", "p", "q", "dp", "dq", "qi", "k"];

    internal async Task<Answer> ImportAsync(VaultRequest request, string name)
    {
        KeyRequests.RequireName(name);
        var body = await request.ReadBodyAsync().ConfigureAwait(false);
        var key = body.Object("key") ?? throw Refuse("The member 'key' is required.");
        if (PrivateMembers.Any(key.Has))
        {
            throw Refuse("This vault takes keys wrapped in a transfer blob (key_hsm) only: a private key in the clear does not belong in a request.");
        }

        if (key.RequiredString("kty") != "RSA-HSM")
        {
            throw Refuse("A key from a transfer blob is of type RSA-HSM.");
        }

        var blob = key.RequiredBytes("key_hsm");
        var attributes = body.Attributes(key.Strings("key_ops") is { Count: > 0 } operations ? operations : null);
        KeyRequests.RequireKnown(attributes.Operations);
        var kek = TransferBlob.Parse(blob).KekId;
        var imported = await unavailable.ExplainAsync(
            kek, KeyOperations.Import, () => vault.ImportKeyAsync(name, blob, attributes, request.Aborted), request.Aborted).ConfigureAwait(false);
        return Answer.Ok(KeyJson.Bundle(imported));
    }

    private static RequestRefusedException Refuse(string message) => new(VaultError.BadParameter(message));
}
