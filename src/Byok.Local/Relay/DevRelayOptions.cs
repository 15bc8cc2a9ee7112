namespace Byok.Local.Relay;

/// <summary>What the dev relay serves, and within what limits. The defaults are the service's.</summary>
public sealed record DevRelayOptions
{
    /// <summary>Paths of the hybrid connections.</summary>
    public required IReadOnlyList<string> HybridConnections { get; init; }

    /// <summary>The keys, good for all paths.</summary>
    public required IReadOnlyList<RelayAccessKey> AccessKeys { get; init; }

    /// <summary>The port for http on 127.0.0.1; 0, the default, takes a free one.</summary>
    public int Port { get; init; }

    /// <summary>Whether to listen for https too, on a port of its own with a certificate made at the start; off by default.</summary>
    public bool WithTls { get; init; }

    /// <summary>The name on that certificate, beside 127.0.0.1; <c>localhost</c> by default.</summary>
    public string TlsHostName { get; init; } = "localhost";

    /// <summary>How long a listener may take to begin its answer, and between two parts of it; 60 seconds.</summary>
    public TimeSpan AnswerTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a rendezvous address is good; 30 seconds.</summary>
    public TimeSpan RendezvousTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How many listeners may share a hybrid connection; 25.</summary>
    public int MaxListeners { get; init; } = 25;

    /// <summary>The longest request body, in bytes; 64 MiB (the service states no limit).</summary>
    public long MaxRequestBodyInBytes { get; init; } = 64 * 1024 * 1024;
}
