using Byok.Core.Keys;

namespace Byok.Core.Transfer;

/// <summary>Names every fault of a .byok file that can be seen without the KEK's private key.</summary>
public static class TransferBlobLinter
{
    /// <summary>Looks at a file.</summary>
    /// <param name="utf8">The whole file.</param>
    /// <param name="expectedVault">The vault that it shall be imported into; null to accept any.</param>
    /// <param name="kekSizeInBits">The KEK's size, 2048, 3072 or 4096; null when not known.</param>
    /// <param name="targetSizeInBits">The RSA key's size, 2048, 3072 or 4096; null when not known.</param>
    /// <returns>The findings in the order of the file; empty when the form is right in every respect that was asked.</returns>
    /// <exception cref="ArgumentException">A size is none of the three, or the vault's address is not absolute.</exception>
    public static IReadOnlyList<TransferBlobFinding> Lint(
        ReadOnlySpan<byte> utf8, Uri? expectedVault = null, int? kekSizeInBits = null, int? targetSizeInBits = null)
    {
        if (expectedVault is { IsAbsoluteUri: false })
        {
            throw new ArgumentException("The vault's address must be absolute.", nameof(expectedVault));
        }

        Check(kekSizeInBits, nameof(kekSizeInBits));
        Check(targetSizeInBits, nameof(targetSizeInBits));
        var findings = new TransferBlobFindings();
        var fields = TransferBlobFields.Read(utf8, findings);
        fields.Check(findings);
        if (expectedVault is not null && fields.KekId is { } kekId)
        {
            CheckVault(kekId, expectedVault, findings);
        }

        var length = fields.CiphertextBytes.Length;
        if (TransferBlobLength.IsPossible(length))
        {
            CheckLengths(length, kekSizeInBits, targetSizeInBits, findings);
        }

        return findings.All;
    }

    private static void CheckLengths(int length, int? kekSizeInBits, int? targetSizeInBits, TransferBlobFindings findings)
    {
        if (kekSizeInBits is { } kek && !TransferBlobLength.CheckHalves(length, kek, findings))
        {
            return;
        }

        if (kekSizeInBits is not null && targetSizeInBits is { } target)
        {
            TransferBlobLength.CheckTarget(length - (kekSizeInBits.Value / 8), target, findings);
        }
        else
        {
            TransferBlobLength.CheckAnyTarget(length, kekSizeInBits, findings);
        }
    }

    private static void CheckVault(KeyIdentifier kekId, Uri expectedVault, TransferBlobFindings findings)
    {
        if (Uri.Compare(kekId.Vault, expectedVault, UriComponents.SchemeAndServer, UriFormat.UriEscaped, StringComparison.OrdinalIgnoreCase) != 0)
        {
            findings.Error(
                TransferBlobFault.KidOtherVault,
                $"The KEK {kekId} is not in the vault {expectedVault.GetLeftPart(UriPartial.Authority)}; only the vault that holds the KEK can import the key.");
        }
    }

    private static void Check(int? sizeInBits, string name)
    {
        if (sizeInBits is { } size && !TransferBlobLength.KekSizesInBits.Contains(size))
        {
            throw new ArgumentOutOfRangeException(name, sizeInBits, "2048, 3072 or 4096 bits.");
        }
    }
}
