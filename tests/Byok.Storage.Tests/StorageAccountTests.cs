using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using Byok.Testing;

namespace Byok.Storage.Tests;

public sealed class StorageAccountTests(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    [Fact]
    public async Task OpenEmulator_StagedBlock_IsCheckedByItsMd5()
    {
        var account = StorageAccount.OpenEmulator(azurite.ConnectionString);
        await account.EnsureContainersAsync(CancellationToken.None);

        var checkedByMd5 = await StageAsync(account);
        var plain = await StageAsync(await azurite.CreateAccountAsync());

        // The emulator computes its CRC-64 of what comes without a checksum, and answers with it.
        Assert.Null(checkedByMd5.ContentCrc64);
        Assert.NotNull(plain.ContentCrc64);
    }

    private static async Task<BlockInfo> StageAsync(StorageAccount account)
    {
        using var content = new MemoryStream([1, 2, 3]);
        return await account.Uploads.Client.GetBlockBlobClient("block").StageBlockAsync(Convert.ToBase64String([1]), content);
    }
}
