using System.Security.Cryptography;
using Byok.Core.Errors;

namespace Byok.Pkcs11.Tokens;

/// <summary>A token's PIN: UTF-8 bytes that are zeroed on disposal and never shown.</summary>
public sealed class Pin : IDisposable
{
    private readonly byte[] _bytes;
    private bool _disposed;

    /// <summary>Takes a copy of a PIN.</summary>
    /// <param name="utf8">The PIN, UTF-8, at most 255 bytes. Empty only for a token whose security officer has no PIN yet (NSS).</param>
    /// <exception cref="ArgumentException">The PIN is too long.</exception>
    public Pin(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length > 255)
        {
            throw new ArgumentException("A PIN is at most 255 bytes.", nameof(utf8));
        }

        _bytes = GC.AllocateUninitializedArray<byte>(utf8.Length, pinned: true);
        utf8.CopyTo(_bytes);
    }

    /// <summary>Draws a random PIN of 32 hex digits (128 bits).</summary>
    public static Pin Generate()
    {
        Span<byte> random = stackalloc byte[16];
        Span<byte> digits = stackalloc byte[32];
        try
        {
            RandomNumberGenerator.Fill(random);
            _ = Convert.TryToHexStringLower(random, digits, out _);
            return new Pin(digits);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(random);
            CryptographicOperations.ZeroMemory(digits);
        }
    }

    /// <summary>Reads a PIN from a file; white space around it is dropped.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="ConfigurationException">The file holds no PIN.</exception>
    public static Pin ReadFile(string path)
    {
        var content = File.ReadAllBytes(path);
        try
        {
            var pin = content.AsSpan().Trim(" \t\r\n"u8);
            return pin.Length is > 0 and <= 255 ? new Pin(pin) : throw new ConfigurationException($"'{path}' holds no PIN: 1 to 255 bytes are expected.");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(content);
        }
    }

    /// <summary>The PIN's bytes, UTF-8. To be used at once and not kept.</summary>
    /// <exception cref="ObjectDisposedException">The PIN was disposed.</exception>
    public byte[] DangerousBytes
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _bytes;
        }
    }

    /// <summary>A copy with a life of its own.</summary>
    public Pin Copy() => new(DangerousBytes);

    /// <summary>Never the PIN.</summary>
    public override string ToString() => "***";

    public void Dispose()
    {
        _disposed = true;
        CryptographicOperations.ZeroMemory(_bytes);
    }
}
