using Byok.Bench;

return args switch
{
    [] or ["chunks"] => ChunkCrypto.Run(),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("usage: byok-bench [chunks]");
    return 2;
}
