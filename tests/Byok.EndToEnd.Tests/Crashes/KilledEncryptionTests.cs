using System.Diagnostics;
using Azure.Storage.Blobs.Models;
using Byok.Testing.CommandLine;

namespace Byok.EndToEnd.Tests.Crashes;

/// <summary>
/// <c>kill -9</c> of <c>blob encrypt</c> at many moments, then the same command again: it ends with the right bytes, no plaintext is left in the
/// uploads, and at no moment is a blob visible that is not whole.
/// </summary>
public sealed class KilledEncryptionTests(StackFixture stack) : IClassFixture<StackFixture>
{
    private const int SmallLength = 6_000_000;
    private const int LargeLength = 70_000_000; // two segments: planned and fanned out

    [Fact]
    public Task Encrypt_SmallKilledAtManyTimes_CompletesWhenGivenAgain() => KillAtTimesAsync("small", SmallLength, 6);

    [Fact]
    public Task Encrypt_LargeKilledAtManyTimes_CompletesWhenGivenAgain() => KillAtTimesAsync("large", LargeLength, 3);

    [Trait("Category", "Long")]
    [Theory]
    [InlineData(SmallLength, 60)]
    [InlineData(LargeLength, 40)]
    public Task Encrypt_KilledAtVeryManyTimes_CompletesWhenGivenAgain(int length, int moments) => KillAtTimesAsync($"long-{length}", length, moments);

    [Fact]
    public async Task Encrypt_KilledWhenTheUploadIsComplete_CompletesWhenGivenAgain()
    {
        var file = stack.Byok.CreateFile("uploaded", SmallLength);
        var killed = await KillAsync(
            file, command => KillMoment.WaitAsync(command, async () => await stack.Uploads.Client.GetBlobClient("uploaded").ExistsAsync()));

        await CompleteAsync("uploaded", file, killed);
    }

    [Fact]
    public async Task Encrypt_KilledWhenTheBlobIsVisible_CompletesWhenGivenAgain()
    {
        var file = stack.Byok.CreateFile("visible", LargeLength);
        var killed = await KillAsync(
            file, command => KillMoment.WaitAsync(command, async () => await stack.Protected.Client.GetBlobClient("visible").ExistsAsync()));

        await CompleteAsync("visible", file, killed);
    }

    [Fact]
    public async Task Encrypt_KilledWhenThePlaintextIsDisposedOf_CompletesWhenGivenAgain()
    {
        var file = stack.Byok.CreateFile("disposed", SmallLength);
        var killed = await KillAsync(
            file,
            async command =>
            {
                await KillMoment.WaitAsync(command, async () => await stack.Uploads.Client.GetBlobClient("disposed").ExistsAsync());
                await KillMoment.WaitAsync(command, async () => !await stack.Uploads.Client.GetBlobClient("disposed").ExistsAsync());
            });

        await CompleteAsync("disposed", file, killed);
    }

    [Fact]
    public async Task Encrypt_KilledAgainAndAgain_CompletesInTheEnd()
    {
        var file = stack.Byok.CreateFile("again", SmallLength);
        var time = await MeasureAsync("again-measured", SmallLength);
        var killed = false;
        foreach (var share in new[] { 0.4, 0.6, 0.8, 0.9 })
        {
            killed = await KillAsync(file, command => KillMoment.WaitAsync(command, time * share));
            if (!killed)
            {
                break;
            }
        }

        await CompleteAsync("again", file, killed);
    }

    [Fact]
    public async Task Encrypt_KilledAndAnotherFileGivenUnderTheName_NeverMixesThem()
    {
        var first = stack.Byok.CreateFile("first", LargeLength, seed: 1);
        var second = stack.Byok.CreateFile("second", SmallLength, seed: 2);
        await KillAsync(
            first, command => KillMoment.WaitAsync(command, async () => await stack.Uploads.Client.GetBlobClient("contested").ExistsAsync()), "--name", "contested");

        await CompleteAsync("contested", second, killed: false);
    }

    private async Task KillAtTimesAsync(string prefix, int length, int moments)
    {
        var time = await MeasureAsync($"{prefix}-measured", length);
        for (var moment = 0; moment < moments; moment++)
        {
            var name = $"{prefix}-{moment}";
            var file = stack.Byok.CreateFile(name, length, seed: 100 + moment);
            var killed = await KillAsync(file, command => KillMoment.WaitAsync(command, time * (0.3 + (0.7 * moment / moments))));

            await CompleteAsync(name, file, killed);
        }
    }

    private async Task<TimeSpan> MeasureAsync(string name, int length)
    {
        var file = stack.Byok.CreateFile(name, length);
        var watch = Stopwatch.StartNew();
        await stack.Byok.SucceedAsync("blob", "encrypt", file);
        File.Delete(file);
        return watch.Elapsed;
    }

    /// <returns>Whether it was killed before it told its success; under load it may have come to its end first.</returns>
    private async Task<bool> KillAsync(string file, Func<RunningCommand, Task> wait, params string[] options)
    {
        using var command = stack.Byok.Start(["blob", "encrypt", file, .. options]);
        await wait(command);
        command.Kill();
        return !(await command.WaitAsync()).Output.Contains("protected '", StringComparison.Ordinal);
    }

    /// <summary>The same command again; with leave to replace when the first one had told its success, or was about another file.</summary>
    private async Task CompleteAsync(string name, string file, bool killed)
    {
        if (await stack.Protected.Client.GetBlobClient(name).ExistsAsync())
        {
            var verified = await stack.Byok.RunAsync("blob", "verify", name);
            Assert.True(verified.ExitCode == 0, $"A blob is visible that is not whole: {verified}");
        }

        var again = await stack.Byok.RunAsync(["blob", "encrypt", file, "--name", name, .. killed ? Array.Empty<string>() : ["--overwrite"]]);
        Assert.True(again.ExitCode == 0, again.ToString());
        await stack.Byok.SucceedAsync("blob", "decrypt", name, "-o", file + ".out");
        Assert.True(File.ReadAllBytes(file).AsSpan().SequenceEqual(File.ReadAllBytes(file + ".out")), $"'{name}' came back with other bytes.");
        Assert.False(await stack.Uploads.Client.GetBlobClient(name).ExistsAsync(), "Plaintext was left behind.");
        await foreach (var leftover in stack.Uploads.Client.GetBlobsAsync(new GetBlobsOptions { States = BlobStates.All, Prefix = name }))
        {
            Assert.Fail($"'{leftover.Name}' was left in the uploads.");
        }

        File.Delete(file);
        File.Delete(file + ".out");
    }
}
