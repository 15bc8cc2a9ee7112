using System.Formats.Asn1;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Pkcs11.Tokens;
using Net.Pkcs11Interop.Common;

namespace Byok.Pkcs11.Export;

/// <summary>
/// Finds out which mechanism of a token really gives the transfer format. One number (0x210A) stands for different formats in different
/// tokens, so nothing is believed: a throwaway RSA key is generated in the token, exported to a KEK of this process and opened here with
/// .NET's RSA-OAEP and RFC 5649, as the receiving vault will. No customer's key takes part.
/// </summary>
internal static class WrapSelfTest
{
    private const string Action = "The self-test of the wrap mechanism";
    private static readonly ConditionalWeakTable<Pkcs11Token, Results> Known = [];

    /// <summary>The result for an open token: the test runs at the first call. A test that could not run (wrong PIN) is not remembered.</summary>
    /// <param name="vendorKeyWrapMechanism">The vendor's own number for AES-KWP, tried first; null when there is none.</param>
    internal static async Task<WrapSelfTestResult> OnceAsync(Pkcs11Token token, ulong? vendorKeyWrapMechanism, CancellationToken cancellationToken)
    {
        var results = Known.GetOrCreateValue(token);
        await results.Gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (!results.ByVendorMechanism.TryGetValue(vendorKeyWrapMechanism ?? 0, out var result))
            {
                result = await token.RunAsync(session => Run(token, session, vendorKeyWrapMechanism), cancellationToken).ConfigureAwait(false);
                results.ByVendorMechanism.Add(vendorKeyWrapMechanism ?? 0, result);
            }

            return result;
        }
        finally
        {
            results.Gate.Release();
        }
    }

    /// <summary>Runs the test.</summary>
    /// <param name="vendorKeyWrapMechanism">The vendor's own number for AES-KWP, tried first; null when there is none.</param>
    private static WrapSelfTestResult Run(Pkcs11Token token, TokenSession session, ulong? vendorKeyWrapMechanism)
    {
        using var kek = RSA.Create(2048);
        var faults = new List<string>();
        try
        {
            foreach (var candidate in Candidates(token, vendorKeyWrapMechanism))
            {
                var outcome = Try(session, kek, candidate);
                // A key whose PKCS#8 fills whole 8-byte blocks does not show whether the token pads; one in a few does.
                for (var more = 0; more < 8 && outcome is { Fault: null, Length: var length } && length % 8 == 0; more++)
                {
                    outcome = Try(session, kek, candidate);
                }

                if (outcome.Fault is null)
                {
                    return new WrapSelfTestResult(candidate, outcome.TrailingZeros, Passed(candidate, outcome.TrailingZeros));
                }

                faults.Add($"{candidate}: {outcome.Fault}");
            }
        }
        catch (HsmException exception) when (exception is not HsmPinException)
        {
            return new WrapSelfTestResult(null, 0, $"Failed: the token makes no throwaway key for the self-test. {exception.Message}");
        }

        return new WrapSelfTestResult(
            null, 0, faults.Count == 0 ? "Failed: the token offers no AES key wrap mechanism; name the vendor's own number." : $"Failed: {string.Join("; ", faults)}.");
    }

    private static IEnumerable<ExportMechanism> Candidates(Pkcs11Token token, ulong? vendorKeyWrapMechanism)
    {
        if (vendorKeyWrapMechanism is { } vendor)
        {
            yield return new ExportMechanism(vendor);
        }

        foreach (var number in new[] { ExportMechanism.AesKeyWrapKwp, ExportMechanism.AesKeyWrapPad })
        {
            if (number != vendorKeyWrapMechanism && token.HasMechanism(number))
            {
                yield return new ExportMechanism(number);
            }
        }

        if (token.HasMechanism((ulong)CKM.CKM_RSA_AES_KEY_WRAP))
        {
            yield return ExportMechanism.OneStep;
        }
    }

    private static Outcome Try(TokenSession session, RSA kek, ExportMechanism candidate)
    {
        var (publicKey, privateKey) = session.GenerateKeyPair(
            Mechanism.Plain(CKM.CKM_RSA_PKCS_KEY_PAIR_GEN),
            RsaTemplates.PublicKey(2048, persistent: false, "byok self-test", []),
            RsaTemplates.MasterKey(persistent: false, "byok self-test", []),
            Action);
        try
        {
            var target = session.ReadPublicKey(privateKey, Action);
            var ciphertext = KeyExport.Wrap(session, privateKey, RsaPublicKey.FromParameters(kek.ExportParameters(false)), candidate, Action);
            return Open(ciphertext, kek, target);
        }
        catch (HsmException exception) when (exception.Method is "C_WrapKey" or null)
        {
            return new Outcome(exception.ReturnValue ?? exception.Message);
        }
        finally
        {
            session.Discard(publicKey, privateKey);
        }
    }

    private static Outcome Open(byte[] ciphertext, RSA kek, RsaPublicKey target)
    {
        byte[] ephemeral = [];
        byte[] privateKeyInfo = [];
        try
        {
            ephemeral = kek.Decrypt(ciphertext.AsSpan(0, kek.KeySize / 8), RSAEncryptionPadding.OaepSHA1);
            if (ephemeral.Length != 32)
            {
                return new Outcome($"the ephemeral key has {ephemeral.Length} bytes instead of 32");
            }

            using var aes = Aes.Create();
            aes.SetKey(ephemeral);
            privateKeyInfo = aes.DecryptKeyWrapPadded(ciphertext.AsSpan(kek.KeySize / 8));
            if (!AsnDecoder.TryReadEncodedValue(privateKeyInfo, AsnEncodingRules.DER, out _, out _, out _, out var length)
                || privateKeyInfo.AsSpan(length).ContainsAnyExcept((byte)0))
            {
                return new Outcome("the wrapped key is not PKCS#8");
            }

            using var opened = RSA.Create();
            opened.ImportPkcs8PrivateKey(privateKeyInfo.AsSpan(0, length), out _);
            return RsaPublicKey.FromParameters(opened.ExportParameters(false)) == target
                ? new Outcome(null, length, privateKeyInfo.Length - length)
                : new Outcome("the wrapped key is not the key that was asked for");
        }
        catch (CryptographicException)
        {
            return new Outcome("what it gives is not RSA-OAEP (SHA-1) followed by RFC 5649");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(ephemeral);
            CryptographicOperations.ZeroMemory(privateKeyInfo);
        }
    }

    private static string Passed(ExportMechanism mechanism, int trailingZeros)
    {
        var verdict = $"Passed: {mechanism} gives the transfer format (RSA-OAEP with SHA-1 over AES-256, AES-KWP of RFC 5649), proved with a throwaway key.";
        return trailingZeros == 0
            ? verdict
            : $"{verdict} But the token adds {trailingZeros} zero bytes to PKCS#8 before it wraps it, so the wrapped length is wrong; "
                + "this cannot be mended outside the token without the key in the clear. The local vault accepts it, a strict importer may not.";
    }

    /// <summary>One export opened: what was wrong with it, if anything, the length of its PKCS#8, and the zero bytes behind that.</summary>
    private sealed record Outcome(string? Fault, int Length = 0, int TrailingZeros = 0);

    private sealed class Results
    {
        internal SemaphoreSlim Gate { get; } = new(1, 1);

        internal Dictionary<ulong, WrapSelfTestResult> ByVendorMechanism { get; } = [];
    }
}
