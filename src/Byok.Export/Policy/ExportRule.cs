namespace Byok.Export.Policy;

/// <summary>The rules' codes, in the order in which they are checked. A refusal names the first that is broken.</summary>
public static class ExportRule
{
    /// <summary>The request is in the contract's form.</summary>
    public const string RequestForm = "request-form";

    /// <summary>The KEK is in a vault that this agent exports to.</summary>
    public const string Vault = "vault";

    /// <summary>The master key is one that this agent exports.</summary>
    public const string KeyLabel = "key-label";

    /// <summary>The KEK is RSA of an allowed size.</summary>
    public const string KekSize = "kek-size";

    /// <summary>The KEK's exponent and modulus are those of a sound RSA key.</summary>
    public const string KekShape = "kek-shape";

    /// <summary>The KEK is for import only.</summary>
    public const string KekOperations = "kek-operations";

    /// <summary>The request has not expired and does not live too long.</summary>
    public const string Validity = "validity";

    /// <summary>Enough approvers signed exactly this request.</summary>
    public const string Approvals = "approvals";

    /// <summary>The request id was not used for another request.</summary>
    public const string RequestReuse = "request-reuse";

    /// <summary>The vault itself says that the KEK is its own, held by its HSM.</summary>
    public const string KekSource = "kek-source";

    /// <summary>The token passed the self-test of its wrap mechanism.</summary>
    public const string SelfTest = "self-test";

    /// <summary>No more exports an hour than allowed.</summary>
    public const string ExportRate = "export-rate";

    /// <summary>A key of this label and size may be generated.</summary>
    public const string Generation = "generation";

    /// <summary>No more generated keys an hour than allowed.</summary>
    public const string GenerationRate = "generation-rate";
}
