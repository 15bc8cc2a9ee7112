namespace Byok.Local.VaultEndpoint;

/// <summary>What the endpoint leaves behind for its clients.</summary>
public sealed record VaultEndpointOptions
{
    /// <summary>Where the server certificate goes, in PEM, for clients to trust (<c>NODE_EXTRA_CA_CERTS</c>, <c>SSL_CERT_FILE</c>). Written anew at each start.</summary>
    public required string CertificateFile { get; init; }

    /// <summary>
    /// Where the access token is kept, readable by its owner only. Whoever has it may do everything. Made when missing, so it stays the same over
    /// restarts; delete the file to withdraw it.
    /// </summary>
    public required string TokenFile { get; init; }

    /// <summary>The vault's clock, for the reason why a key cannot be used. Default: the system's.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
