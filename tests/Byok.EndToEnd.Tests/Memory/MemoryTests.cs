using System.Security.Cryptography;
using Byok.Testing.CommandLine;

namespace Byok.EndToEnd.Tests.Memory;

/// <summary>The process stays small whatever the file's size.</summary>
public sealed class MemoryTests(StackFixture stack) : IClassFixture<StackFixture>
{
    private const long MaxMemoryInBytes = 250_000_000;
    private const long MiB = 1024 * 1024;

    [Fact]
    public Task EncryptAndDecrypt_256MiB_StaysSmall() => RunAsync(256 * MiB);

    [Trait("Category", "Long")]
    [Theory]
    [InlineData(1024 * MiB)]
    [InlineData((4096 * MiB) + 1)]
    public Task EncryptAndDecrypt_Large_StaysSmall(long length) => RunAsync(length);

    private async Task RunAsync(long length)
    {
        var name = $"memory-{length}";
        var file = stack.Byok.CreateFile(name, length);

        var encrypted = await stack.Byok.SucceedAsync("blob", "encrypt", file, "--json");
        var decrypted = await stack.Byok.SucceedAsync("blob", "decrypt", name, "-o", file + ".out");

        Assert.InRange(encrypted.PeakMemoryInBytes, 1, MaxMemoryInBytes);
        Assert.InRange(decrypted.PeakMemoryInBytes, 1, MaxMemoryInBytes);
        Assert.Equal(length, encrypted.Json.GetProperty("plaintextLength").GetInt64());
        Assert.Equal(await HashAsync(file), await HashAsync(file + ".out"));
        File.Delete(file);
        File.Delete(file + ".out");
    }

    private static async Task<byte[]> HashAsync(string path)
    {
        await using var file = File.OpenRead(path);
        return await SHA256.HashDataAsync(file);
    }
}
