using Byok.Core.Errors;
using Byok.Core.Keys;

namespace Byok.Core.Ports;

/// <summary>
/// The customer's HSM as the pipeline sees it: either the PKCS#11 token in this process, or the agent beside it, through the relay.
/// A master key never passes through here in the clear.
/// </summary>
public interface IHsm
{
    /// <summary>Says which token this is and whether it can export.</summary>
    Task<HsmDescription> DescribeAsync(CancellationToken cancellationToken);

    /// <summary>Lists the RSA master keys, by label.</summary>
    Task<IReadOnlyList<MasterKey>> ListMasterKeysAsync(CancellationToken cancellationToken);

    /// <summary>Generates an RSA master key in the HSM: sensitive, extractable only wrapped.</summary>
    /// <param name="label">The new key's label.</param>
    /// <param name="sizeInBits">2048, 3072 or 4096.</param>
    /// <returns>The new key; the existing one when the label exists with that size (so that a retry does nothing twice).</returns>
    /// <exception cref="NameTakenException">The label exists with another size.</exception>
    Task<MasterKey> GenerateMasterKeyAsync(string label, int sizeInBits, CancellationToken cancellationToken);

    /// <summary>Wraps a master key to a KEK. A repeated request gets the first answer again.</summary>
    /// <exception cref="ApprovalsMissingException">Fewer approvals are good than the HSM side asks for; ask again with more.</exception>
    /// <exception cref="ExportRefusedException">A rule of the HSM side forbids it; the message names the rule.</exception>
    /// <exception cref="HsmException">The token refused or failed.</exception>
    Task<ExportedKey> ExportMasterKeyAsync(ExportRequest request, CancellationToken cancellationToken);
}
