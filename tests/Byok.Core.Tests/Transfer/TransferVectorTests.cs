using Byok.Core.Errors;
using Byok.Core.Transfer;

namespace Byok.Core.Tests.Transfer;

public sealed class TransferVectorTests
{
    static TransferVectorTests()
    {
        if (Environment.GetEnvironmentVariable("BYOK_WRITE_VECTORS") == "1")
        {
            Directory.CreateDirectory(TransferVector.Folder);
            foreach (var vector in TransferVectorGenerator.All())
            {
                File.WriteAllBytes(Path.Combine(TransferVector.Folder, vector.Name), vector.ToBytes());
            }
        }
    }

    public static TheoryData<string> Names => new(Directory.GetFiles(TransferVector.Folder).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Names))]
    public void Lint_Vector_FindsWhatItNames(string name)
    {
        var vector = TransferVector.Load(name);

        var findings = TransferBlobLinter.Lint(vector.File, vector.Vault, vector.KekSizeInBits, vector.TargetSizeInBits);

        Assert.Equal(vector.Findings, findings.Select(finding => finding.Code));
        Assert.All(findings, finding => Assert.Matches(@"^[A-Z][^\p{Cc}]+\.$", finding.Message));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Parse_Vector_AgreesWithTheLinter(string name)
    {
        var vector = TransferVector.Load(name);
        var fault = TransferBlobLinter.Lint(vector.File).FirstOrDefault(finding => finding.Severity == TransferBlobSeverity.Error);

        if (fault is null)
        {
            Assert.True(TransferBlob.Parse(vector.File).Ciphertext.Length >= 256 + 24);
        }
        else
        {
            Assert.Contains($"({fault.Code})", Assert.Throws<TransferBlobException>(() => TransferBlob.Parse(vector.File)).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Files_OfTheGenerator_AreTheFilesOnDisk()
    {
        var made = TransferVectorGenerator.All().ToDictionary(vector => vector.Name, vector => vector.ToBytes());

        Assert.Equal(made.Keys.Order(StringComparer.Ordinal), Directory.GetFiles(TransferVector.Folder).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal));
        Assert.All(made, file => Assert.Equal(file.Value, File.ReadAllBytes(Path.Combine(TransferVector.Folder, file.Key))));
    }
}
