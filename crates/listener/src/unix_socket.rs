//! A Unix socket to listen on: its file made, taken over from a killed server, and removed.

use std::{
    fs, io,
    os::unix::{
        fs::{FileTypeExt, MetadataExt, PermissionsExt},
        net::UnixListener as StdListener,
    },
    path::{Path, PathBuf},
    time::Duration,
};

use socket2::{Domain, SockAddr, Socket, Type};
use tokio::net::{UnixListener, UnixStream};

/// Who may connect: the server's user and group. Others need the group, or a folder of their own.
const MODE: u32 = 0o660;
/// Connections that wait to be accepted, as tokio has it for TCP.
const WAITING: i32 = 1024;
/// So long another start in the same folder is waited for.
const PATIENCE: Duration = Duration::from_secs(2);
const PAUSE: Duration = Duration::from_millis(20);

/// The file of a socket that is listened on; dropping it removes the file, if it still is this one.
#[derive(Debug)]
pub(crate) struct SocketFile {
    path: PathBuf,
    device: u64,
    inode: u64,
}

/// Binds the path.
///
/// A socket that nobody answers at is what a killed server left behind: it is replaced. Anything
/// else that is there stays. Starts in one folder do this one after the other, so that none of two
/// takes the other's.
///
/// # Errors
/// `AddrInUse` where somebody answers, `AlreadyExists` where the file is no socket, else the
/// system's.
pub(crate) async fn bind(path: &Path) -> io::Result<(UnixListener, SocketFile)> {
    let _alone = lock_folder(path).await?;
    remove_stale(path).await?;
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    socket.bind(&SockAddr::unix(path)?)?;
    let found = fs::symlink_metadata(path)?;
    let file = SocketFile { path: path.to_owned(), device: found.dev(), inode: found.ino() };
    // Before it listens: nobody comes in while the mode is that of the umask.
    fs::set_permissions(path, fs::Permissions::from_mode(MODE))?;
    socket.listen(WAITING)?;
    socket.set_nonblocking(true)?;
    Ok((UnixListener::from_std(StdListener::from(socket))?, file))
}

/// Nobody else may look and replace at the same time; held until the result is dropped.
async fn lock_folder(path: &Path) -> io::Result<fs::File> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = fs::File::open(folder.unwrap_or(Path::new(".")))?;
    let locked = async {
        loop {
            match folder.try_lock() {
                Ok(()) => return Ok(()),
                Err(fs::TryLockError::WouldBlock) => tokio::time::sleep(PAUSE).await,
                Err(fs::TryLockError::Error(error)) => return Err(error),
            }
        }
    };
    match tokio::time::timeout(PATIENCE, locked).await {
        Ok(locked) => locked.map(|()| folder),
        Err(_) => Err(io::Error::new(io::ErrorKind::TimedOut, "another program locks the folder")),
    }
}

async fn remove_stale(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(found) if found.file_type().is_socket() => {}
        Ok(_) => {
            let words = "there is a file that is no socket";
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, words));
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    }
    match UnixStream::connect(path).await {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => fs::remove_file(path),
        // It answers, or is too busy to.
        Ok(_) => Err(io::ErrorKind::AddrInUse.into()),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
            Err(io::ErrorKind::AddrInUse.into())
        }
        Err(error) => Err(error),
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        let found = fs::symlink_metadata(&self.path);
        let own = |found: fs::Metadata| found.dev() == self.device && found.ino() == self.inode;
        if found.is_ok_and(own) {
            // What can't be removed the next start replaces.
            drop(fs::remove_file(&self.path));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("rtmate-{}-{name}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        folder.join("socket")
    }

    fn remove(path: &Path) {
        fs::remove_dir_all(path.parent().unwrap()).unwrap();
    }

    #[tokio::test]
    async fn the_file_has_its_mode_and_goes_with_the_listener() {
        let path = path("mode");
        let (_listener, file) = bind(&path).await.unwrap();
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, MODE);
        UnixStream::connect(&path).await.unwrap();
        drop(file);
        assert!(!path.exists());
        remove(&path);
    }

    #[tokio::test]
    async fn a_dead_socket_is_replaced_and_a_live_one_is_not() {
        let path = path("stale");
        drop(StdListener::bind(&path).unwrap());
        assert!(path.exists());
        let (_listener, _file) = bind(&path).await.unwrap();
        let second = bind(&path).await.unwrap_err();
        assert_eq!(second.kind(), io::ErrorKind::AddrInUse);
        UnixStream::connect(&path).await.unwrap();
        remove(&path);
    }

    #[tokio::test]
    async fn what_is_not_ours_stays() {
        let path = path("foreign");
        fs::write(&path, "precious").unwrap();
        let refused = bind(&path).await.unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read_to_string(&path).unwrap(), "precious");
        fs::remove_file(&path).unwrap();
        // Nor is another's socket that came into its place.
        let (_listener, file) = bind(&path).await.unwrap();
        fs::rename(&path, path.with_extension("moved")).unwrap();
        let (_later, _its_file) = bind(&path).await.unwrap();
        drop(file);
        assert!(path.exists());
        remove(&path);
    }
}
