using Byok.Cli.Files;
using Byok.Testing.CommandLine;

namespace Byok.Cli.Tests;

public sealed class PlaintextFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("byok-plaintext-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Publish_ManyWritersOfOneFile_EachHasItsDraftUntilTheEnd()
    {
        var path = Path.Combine(_folder, "raced");
        var options = new ParallelOptions { MaxDegreeOfParallelism = 8 };

        await Parallel.ForAsync(0, 5_000, options, async (_, cancellationToken) =>
        {
            await using var file = PlaintextFile.Create(path, 4);
            await file.WriteAsync(0, new byte[] { 1, 2, 3, 4 }, cancellationToken);
            file.Publish();
        });

        Assert.Equal([1, 2, 3, 4], await File.ReadAllBytesAsync(path));
        Assert.Empty(ByokHome.Beside(path));
    }
}
