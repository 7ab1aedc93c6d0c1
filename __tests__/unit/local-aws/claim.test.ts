import { chownSync, existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { claimFolder, ForeignFolderError, requireOwner } from '../../../src/local-aws/claim';
import { emptyFolder, removeFolder } from '../../../src/local-aws/folder';
import { instanceDirectory, stopInstance } from '../../../src/local-aws/instance';
import { writeRecord } from '../../../src/local-aws/record';
import { lockStart } from '../../../src/local-aws/start-lock';
import { temporaryDirectory } from '../../support/bastion';

const CLAIM = 'aurora-bastion-local-aws';
const RECORD = {
  id: 'some-id',
  pid: 99_999_999,
  mark: 'LOCAL_AWS_INSTANCE=some-id',
  endpoint: 'http://127.0.0.1:1',
  endpoints: { ecs: '', ssm: '', ssmmessages: '' },
  variables: {},
};

/** A folder that holds what nobody has made for a local AWS. */
function folderOfTheUser(name = 'precious'): string {
  const folder = temporaryDirectory();
  writeFileSync(join(folder, name), '{}');
  return folder;
}

describe('the folder of a local AWS', () => {
  it('is .local-aws of the checkout, or what LOCAL_AWS_DIR names, which names nothing when it is empty', () => {
    expect(instanceDirectory({}, '/checkout')).toBe('/checkout/.local-aws');
    expect(instanceDirectory({ LOCAL_AWS_DIR: '' }, '/checkout')).toBe('/checkout/.local-aws');
    expect(instanceDirectory({ LOCAL_AWS_DIR: '/elsewhere' }, '/checkout')).toBe('/elsewhere');
  });

  it.each(['a new one', 'an empty one'])('can be %s, is claimed once and again, and goes with all in it', (which) => {
    const parent = temporaryDirectory();
    const folder = join(parent, 'local');
    if (which === 'an empty one') mkdirSync(folder);
    claimFolder(folder);
    expect(readdirSync(folder)).toEqual([CLAIM]);
    writeFileSync(join(folder, 'log'), '');
    claimFolder(folder);
    removeFolder(folder);
    expect(readdirSync(parent)).toEqual([]);
  });

  it('can be a link, and then goes with what it leads to', () => {
    const parent = temporaryDirectory();
    const [link, folder] = [join(parent, 'link'), join(parent, 'folder')];
    mkdirSync(folder);
    symlinkSync(folder, link);
    claimFolder(link);
    removeFolder(link);
    expect(readdirSync(parent)).toEqual([]);
  });

  it('of a version that wrote no claim is known by its record', () => {
    const folder = temporaryDirectory();
    writeRecord(folder, RECORD);
    removeFolder(folder);
    expect(existsSync(folder)).toBe(false);
  });

  it('is emptied for the next start, with its claim and the lock of whoever starts left', () => {
    const folder = temporaryDirectory();
    claimFolder(folder);
    using _lock = lockStart(folder);
    writeFileSync(join(folder, 'log'), '');
    emptyFolder(folder);
    expect(readdirSync(folder)).toEqual([CLAIM, 'starting']);
  });
});

describe('a folder that holds other files', () => {
  // A file of the record's name can be anybody's.
  it.each(['precious', 'instance.json'])('such as %s is neither taken, nor emptied, nor deleted', (name) => {
    const folder = folderOfTheUser(name);
    for (const act of [claimFolder, emptyFolder, removeFolder]) {
      expect(() => {
        act(folder);
      }).toThrow(new ForeignFolderError(`${folder} holds files that are not those of a local AWS`));
    }
    expect(readdirSync(folder)).toEqual([name]);
  });

  it('is refused before a process is ended', async () => {
    const folder = folderOfTheUser();
    await expect(stopInstance(folder)).rejects.toThrow(ForeignFolderError);
  });

  it('is one by itself when it is a file', () => {
    const folder = folderOfTheUser();
    expect(() => {
      claimFolder(join(folder, 'precious'));
    }).toThrow(ForeignFolderError);
    expect(readdirSync(folder)).toEqual(['precious']);
  });
});

describe('a folder of another user', () => {
  /** Root's own is another's for everybody but root, who can give one away. */
  function folderOfAnother(): string {
    if (process.geteuid?.() !== 0) return '/';
    const folder = temporaryDirectory();
    chownSync(folder, 65_534, 65_534);
    return folder;
  }

  it('is not taken, also when it is empty, and nothing in it is believed', () => {
    const folder = folderOfAnother();
    for (const act of [requireOwner, claimFolder, removeFolder]) {
      expect(() => {
        act(folder);
      }).toThrow(new ForeignFolderError(`${folder} belongs to another user`));
    }
    expect(existsSync(join(folder, CLAIM))).toBe(false);
  });

  it('is another thing than none', () => {
    expect(requireOwner(join(temporaryDirectory(), 'none'))).toBe(false);
  });
});
