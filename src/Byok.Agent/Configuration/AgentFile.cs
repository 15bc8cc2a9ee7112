namespace Byok.Agent.Configuration;

/// <summary>
/// <c>agent.json</c> as it stands in the file. Relative paths are below the file's folder. Every member is null until the file names it;
/// what must be there, and what the others are by default, <see cref="AgentSettingsReader"/> says.
/// </summary>
internal sealed record AgentFile : AgentFileSection
{
    /// <summary>Where the record is kept; required.</summary>
    public string? StateFolder { get; init; }

    /// <summary>The HSM; required.</summary>
    public TokenSection? Token { get; init; }

    /// <summary>The relay; required.</summary>
    public RelaySection? Relay { get; init; }

    /// <summary>The rules; required.</summary>
    public PolicySection? Policy { get; init; }

    /// <summary>The people who may approve.</summary>
    public List<ApproverSection?>? Approvers { get; init; }

    /// <summary>The PKCS#11 token.</summary>
    internal sealed record TokenSection : AgentFileSection
    {
        /// <summary>Path of the PKCS#11 module; required.</summary>
        public string? Module { get; init; }

        /// <summary>The token's label; this or the serial number.</summary>
        public string? Label { get; init; }

        /// <summary>The token's serial number.</summary>
        public string? SerialNumber { get; init; }

        /// <summary>File that holds the user's PIN and nothing else; required.</summary>
        public string? PinFile { get; init; }

        /// <summary>The vendor's number of AES-KWP, for tokens that need it.</summary>
        public ulong? VendorKeyWrapMechanism { get; init; }
    }

    internal sealed record RelaySection : AgentFileSection
    {
        /// <summary>Address of the namespace; required.</summary>
        public string? Namespace { get; init; }

        /// <summary>Name of the hybrid connection; required.</summary>
        public string? Path { get; init; }

        /// <summary>Name of the access rule; with <see cref="SasKeyFile"/>. Without both the agent uses Entra ID.</summary>
        public string? SasKeyName { get; init; }

        /// <summary>File that holds the access rule's key and nothing else.</summary>
        public string? SasKeyFile { get; init; }

        /// <summary>Control channels side by side, 1 to 5; 1 by default.</summary>
        public int? Listeners { get; init; }
    }

    internal sealed record PolicySection : AgentFileSection
    {
        /// <summary>Addresses of the vaults that keys may go to; required.</summary>
        public List<string?>? Vaults { get; init; }

        /// <summary>Labels of the keys that may go, exact or with an asterisk at the end; required.</summary>
        public List<string?>? Keys { get; init; }

        /// <summary>How many must approve; required, so that 0 is a decision.</summary>
        public int? RequiredApprovals { get; init; }

        /// <summary>2048, 3072 or 4096; 2048 by default.</summary>
        public int? MinimumKekSizeInBits { get; init; }

        /// <summary>1 to 10,080 (a week); 1,440 (a day) by default.</summary>
        public int? MaximumValidityInMinutes { get; init; }

        /// <summary>1 to 1,000; 20 by default.</summary>
        public int? ExportsPerHour { get; init; }

        /// <summary>1 to 100,000; 1,000 by default.</summary>
        public int? RequestsPerHour { get; init; }

        /// <summary>Whether the agent asks the vault for each KEK itself; true by default.</summary>
        public bool? FetchKekFromVault { get; init; }

        /// <summary>Keys that may be generated on request; none by default.</summary>
        public GenerationSection? Generation { get; init; }
    }

    /// <summary>What may be generated on request.</summary>
    internal sealed record GenerationSection : AgentFileSection
    {
        /// <summary>Labels, exact or with an asterisk at the end; required.</summary>
        public List<string?>? Keys { get; init; }

        /// <summary>2048, 3072, 4096; 3072 and 4096 by default.</summary>
        public List<int>? SizesInBits { get; init; }

        /// <summary>1 to 100; 5 by default.</summary>
        public int? PerHour { get; init; }
    }

    /// <summary>One who may approve.</summary>
    internal sealed record ApproverSection : AgentFileSection
    {
        /// <summary>The name by which records speak of them; required.</summary>
        public string? Name { get; init; }

        /// <summary>File with their public key, PEM; required.</summary>
        public string? PublicKeyFile { get; init; }
    }
}
