namespace Byok.Local.Relay;

/// <summary>An access key of the dev relay: an authorization rule, as the service calls it.</summary>
/// <param name="Name">The rule's name.</param>
/// <param name="Key">The key. A secret.</param>
/// <param name="Rights">What it allows.</param>
public sealed record RelayAccessKey(string Name, string Key, RelayRights Rights)
{
    /// <summary>Name and rights, never the key.</summary>
    public override string ToString() => $"{Name} ({Rights})";
}
