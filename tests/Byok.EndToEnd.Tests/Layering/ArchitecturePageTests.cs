namespace Byok.EndToEnd.Tests.Layering;

public sealed class ArchitecturePageTests
{
    private static readonly CompiledNames Compiled = CompiledNames.Load();

    [Fact]
    public void Page_AsWritten_NamesWhatIsThere()
    {
        var page = ArchitecturePage.Read();

        Assert.Contains("ChunkCipher.Seal", page.Names);
        Assert.Contains("AddByokPipeline()", page.Names);
        Assert.All(page.FindUnknown(Compiled), name => Assert.Fail($"{name} is named, and is not there."));
    }

    [Fact]
    public void Page_AsWritten_HasTheRoomsOfTheRules() => Assert.Equal(LayeringRules.Describe(), ArchitecturePage.Read().Rooms.Order(StringComparer.Ordinal));

    [Theory]
    [InlineData("a `ChunkCipher`, `ChunkCipher.Seal`, `Activity`, `AddByokPipeline()`, `AzureKeyVault` of `Byok.KeyVault`, `src/Byok.Core/Envelope`, and `byok_table`", "")]
    [InlineData("a `ChunkSealer`", "ChunkSealer")]
    [InlineData("a `ChunkCipher.Wrap`", "ChunkCipher.Wrap")]
    [InlineData("a `NoSuchMethod()`", "NoSuchMethod()")]
    [InlineData("a `Byok.Nowhere`", "Byok.Nowhere")]
    [InlineData("a path `src/Byok.Nowhere/Envelope`", "src/Byok.Nowhere/Envelope")]
    [InlineData("```\n ChunkCipher.Seal ─► ChunkSealer, 4 MiB: IKeyVault, INowhere\n```", "ChunkSealer INowhere")]
    public void Page_OfOtherText_IsToldWhatIsNotThere(string text, string unknown) =>
        Assert.Equal(unknown, string.Join(' ', new ArchitecturePage(text).FindUnknown(Compiled)));
}
