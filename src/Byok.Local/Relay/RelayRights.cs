namespace Byok.Local.Relay;

/// <summary>What an access key of the dev relay allows.</summary>
[Flags]
public enum RelayRights
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>To listen on hybrid connections.</summary>
    Listen = 1,

    /// <summary>To send to them.</summary>
    Send = 2,
}
